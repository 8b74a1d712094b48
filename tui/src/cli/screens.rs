//! `groundlink monitor --screens FOLDER`: the views as pictures, without a terminal.

use super::monitor::Shown;
use crate::ui::{App, Depth, UiOptions, View, drawn, svg};
use anyhow::{Context, anyhow};
use groundlink_station::input::SampleSource;
use groundlink_station::monitor::Phase;
use groundlink_station::session::{Open, Session};
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// Between two looks at the run, so that histories have something in them.
const LOOK: Duration = Duration::from_millis(25);

/// Runs the chain to its end and writes what the views show then.
pub fn write(
    session: &Session,
    first: Option<Box<dyn SampleSource>>,
    open: Open<'_>,
    shown: &Shown,
    folder: &Path,
    (width, height): (u16, u16),
) -> anyhow::Result<ExitCode> {
    let monitor = session.monitor();
    monitor.watch();
    monitor.set_pace(shown.pace);
    let options = UiOptions::new(shown.title.clone(), shown.color, shown.config.clone());
    let mut app = App::new(&options, if shown.color { Depth::True } else { Depth::Mono });
    let report = thread::scope(|scope| {
        let chain = scope.spawn(|| session.run(first, open));
        while !chain.is_finished() && monitor.status().phase == Phase::Running {
            app.poll(monitor);
            thread::sleep(LOOK);
        }
        session.explain();
        monitor.stop();
        chain
            .join()
            .map_err(|_| anyhow!("the decoder ended unexpectedly"))
    })??;
    app.poll(monitor);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for view in View::ALL {
        app.view = view;
        let path = folder.join(format!("{}.svg", view.title().to_lowercase()));
        let picture = svg(&drawn(&app, width, height), app.paper());
        fs::write(&path, picture).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(super::exit_code(&report))
}
