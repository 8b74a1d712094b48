//! `groundlink monitor`: the chain in a thread of its own, the terminal UI in this one.

use super::{args, exit_code, run_config, say, screens, stop_on_signal};
use crate::ui::{self, Action, UiConfig, UiOptions};
use anyhow::{Context, anyhow};
use groundlink_station::StationError;
use groundlink_station::attach::{Endpoint, Server, Viewer};
use groundlink_station::chain::From;
use groundlink_station::input::{SampleSource, open_samples};
use groundlink_station::monitor::{EventLine, Monitor, Phase};
use groundlink_station::session::{Open, Session, SessionError};
use std::process::ExitCode;
use std::thread;

/// How a run is shown.
#[derive(Debug)]
pub struct Shown {
    /// Title.
    pub title: String,
    /// Multiple of real time; `None` as fast as possible.
    pub pace: Option<f64>,
    /// Whether to use colour.
    pub color: bool,
    /// What the user has set.
    pub config: UiConfig,
}

/// Lets viewers watch, and says where.
pub fn serve(at: Option<&Endpoint>, monitor: &Monitor) -> anyhow::Result<Option<Server>> {
    let Some(at) = at else { return Ok(None) };
    let server = Server::start(at, monitor)?;
    let text = format!("serving   {}\n", server.endpoint());
    monitor.push_event(EventLine::info(text.trim_end()));
    say(&text);
    Ok(Some(server))
}

/// Watches a station elsewhere.
fn attach(at: &Endpoint, color: bool) -> anyhow::Result<ExitCode> {
    let monitor = Monitor::new();
    let mut viewer = Viewer::new(at, &monitor);
    let connection = viewer.connect().with_context(|| format!("cannot watch {at}"))?;
    // Not joined: a station that is silent keeps nobody from quitting.
    thread::spawn(move || viewer.watch(connection));
    let asked = monitor.clone();
    stop_on_signal(move || {
        asked.update(|status| status.phase = Phase::Finished);
        asked.stop();
    })?;
    let options = UiOptions {
        attached: true,
        ..UiOptions::new(at.to_string(), color, UiConfig::load()?)
    };
    let read_only = |action: &Action| match action {
        Action::None | Action::Quit | Action::Copy(_) => None,
        _ => Some("watching only: the station's own terminal changes the run".to_owned()),
    };
    ui::run(&monitor, &options, &read_only)?;
    Ok(ExitCode::SUCCESS)
}

/// Replays or follows any input in the terminal UI.
pub fn run(args: args::Monitor, color: bool) -> anyhow::Result<ExitCode> {
    if let Some(at) = &args.attach {
        return attach(at, color);
    }
    let config = run_config(
        args.input,
        &args.profile.profile,
        &args.profile.set,
        &args.doppler,
        args.outputs,
        &args.record,
    )?;
    let shown = Shown {
        title: config.input.clone(),
        pace: (args.pace > 0.0).then_some(args.pace),
        color,
        config: UiConfig::load()?,
    };
    let (input, options) = (config.input.clone(), config.open.clone());
    let open = || -> Result<Box<dyn SampleSource>, StationError> { Ok(open_samples(&input, &options)?) };
    // Opened before the screen is taken, so that what is wrong is said in one plain line.
    let first = (config.from == From::Iq).then(open).transpose()?;
    let again = Session::can_open_again(&input);
    let (profile, monitor) = (&args.profile, Monitor::new());
    let session = Session::new(config, &profile.profile, &profile.set, again, &monitor);
    if let Some(folder) = &args.screens {
        return screens::write(&session, first, &open, &shown, folder, args.screen_size);
    }
    let _server = serve(args.serve.as_ref(), &monitor)?;
    watch(&session, first, &open, &shown)
}

/// Runs the chain and shows it until the user quits.
pub fn watch(
    session: &Session,
    first: Option<Box<dyn SampleSource>>,
    open: Open<'_>,
    shown: &Shown,
) -> anyhow::Result<ExitCode> {
    let monitor = session.monitor();
    monitor.watch();
    monitor.set_pace(shown.pace);
    let options = UiOptions::new(shown.title.clone(), shown.color, shown.config.clone());
    let asked = monitor.clone();
    stop_on_signal(move || asked.stop())?;
    thread::scope(|scope| {
        let chain = scope.spawn(|| session.run(first, open));
        let outcome = ui::run(monitor, &options, &|action| {
            if *action == Action::Explain {
                scope.spawn(|| session.explain());
                return None;
            }
            pilot(session, action)
        });
        monitor.stop();
        let report = chain
            .join()
            .map_err(|_| anyhow!("the decoder ended unexpectedly"))?;
        outcome?;
        Ok(exit_code(&report?))
    })
}

/// Does what concerns the run; what there is to say of it.
fn pilot(session: &Session, action: &Action) -> Option<String> {
    let done = |outcome: Result<(), SessionError>, said: Option<String>| match outcome {
        Ok(()) => said,
        Err(error) => Some(error.to_string()),
    };
    match action {
        Action::Seek(sample) => done(session.seek(*sample), None),
        Action::Step => done(session.step(), None),
        Action::RunUntil(what) => done(session.run_until(*what), None),
        Action::Set(assignments) => done(
            session.set_all(assignments),
            Some(format!("{}, from here on", assignments.join(" "))),
        ),
        Action::SaveProfile { path, replace } => done(
            session.save(path, *replace),
            Some(format!("profile written to {path}")),
        ),
        _ => None,
    }
}
