//! Link profiles: placeholder until the profile module lands.
