//! What can be wrong with the text of an output.

use thiserror::Error;

/// Longest text of an output.
pub(super) const LONGEST: usize = 4096;
/// Forms, for messages.
const FORMS: &str = "tcp-listen://, tcp://, udp://, kiss-listen://, kiss-tcp://, kiss:FILE, zmq://, jsonl-listen://, \
                     jsonl://, http://, parquet:FOLDER, nats://, nats+tls://, sids+https://, sids+http://";

/// What is wrong with the text of an output, in one line. Values that might be secrets are not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Nothing that is known.
    #[error("an output is one of {FORMS}")]
    Form,
    /// No queue of work.
    #[error("a work queue is nats://HOST:PORT or nats+tls://HOST:PORT")]
    Queue,
    /// Too long.
    #[error("an output or a queue is at most {LONGEST} bytes of text")]
    Length,
    /// No address.
    #[error("{form} needs {needs}")]
    Address {
        /// The form.
        form: &'static str,
        /// What.
        needs: &'static str,
    },
    /// A user name or password in the address.
    #[error("{form}: credentials are taken from a file or the environment only: {how}")]
    Credentials {
        /// The form.
        form: &'static str,
        /// How to give them.
        how: &'static str,
    },
    /// An option that the form has not.
    #[error("{form} has no option {key}; it has {known}")]
    Unknown {
        /// The form.
        form: &'static str,
        /// The option.
        key: String,
        /// Those it has.
        known: String,
    },
    /// An option twice.
    #[error("option {key} is given twice")]
    Twice {
        /// The option.
        key: String,
    },
    /// An option's value.
    #[error("option {key} must be {allowed}")]
    Value {
        /// The option.
        key: &'static str,
        /// What it may be.
        allowed: String,
    },
    /// An option that must be there.
    #[error("{form} needs option {key}: {what}")]
    Missing {
        /// The form.
        form: &'static str,
        /// The option.
        key: &'static str,
        /// What it says.
        what: &'static str,
    },
}
