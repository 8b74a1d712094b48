//! The terminal: taking it over, giving it back whatever happens, and the loop between.

use super::app::App;
use super::model::{Action, UiOptions};
use super::theme::Depth;
use anyhow::Context;
use groundlink_station::monitor::{Monitor, Phase};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::event::{self, DisableMouseCapture, EnableMouseCapture, Event};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};
use std::fs::File;
use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Redraws per second are never more.
const MAX_REFRESH_HZ: f64 = 20.0;

/// What lies around the loop: where events come from and where actions go.
pub trait World {
    /// Waits at most so long for the next event.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn event(&mut self, timeout: Duration) -> io::Result<Option<Event>>;

    /// Does what concerns neither the display nor the monitor; what there is to say of it.
    ///
    /// # Errors
    /// When it cannot go on without the terminal.
    fn act(&mut self, action: &Action) -> io::Result<Option<String>>;

    /// Whether the program is coming to an end.
    fn failed(&self) -> bool;
}

/// Takes the actions that concern the run; returns what there is to say.
pub type Pilot<'a> = &'a dyn Fn(&Action) -> Option<String>;

/// The terminal itself.
struct Outside<'g> {
    guard: &'g Guard,
    pilot: Pilot<'g>,
}

impl World for Outside<'_> {
    fn event(&mut self, timeout: Duration) -> io::Result<Option<Event>> {
        if event::poll(timeout)? {
            event::read().map(Some)
        } else {
            Ok(None)
        }
    }

    fn act(&mut self, action: &Action) -> io::Result<Option<String>> {
        match action {
            Action::Copy(text) => copy_to_clipboard(&mut io::stdout(), text).map(|()| None),
            Action::Write { path, bytes } => Ok(Some(match write_new(path, bytes) {
                Ok(()) => format!("{} bytes written to {path}", bytes.len()),
                Err(error) => format!("cannot write {path}: {error}"),
            })),
            Action::Bell => {
                io::stdout().write_all(b"\x07")?;
                io::stdout().flush()?;
                Ok(None)
            }
            Action::Suspend => suspend(),
            action => Ok((self.pilot)(action)),
        }
    }

    fn failed(&self) -> bool {
        self.guard.failed()
    }
}

/// Shows the run until the user quits (or the chain is asked to end from elsewhere), then asks it to end.
/// `NO_COLOR` in the environment, if not empty, turns colour off.
///
/// # Errors
/// When the terminal cannot be used, or another thread of the program panicked meanwhile.
pub fn run(monitor: &Monitor, options: &UiOptions, pilot: Pilot<'_>) -> anyhow::Result<()> {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let depth = Depth::detect(options.color && !plain);
    let guard = Guard::take().context("cannot take over the terminal")?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    terminal.clear()?;
    let mut app = App::new(options, depth);
    let mut outside = Outside { guard: &guard, pilot };
    let result = show(&mut terminal, &mut app, monitor, options.refresh_hz, &mut outside);
    monitor.set_paused(false);
    monitor.stop();
    drop(terminal);
    guard.give_back()?;
    result
}

/// The loop: events as they come, looks at the monitor at the refresh rate, drawing when something changed.
///
/// # Errors
/// When drawing, reading events or acting fails.
pub fn show<B>(
    terminal: &mut Terminal<B>,
    app: &mut App,
    monitor: &Monitor,
    refresh_hz: f64,
    world: &mut impl World,
) -> anyhow::Result<()>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    monitor.watch();
    let rate = if refresh_hz.is_nan() {
        MAX_REFRESH_HZ
    } else {
        refresh_hz.clamp(1.0, MAX_REFRESH_HZ)
    };
    let period = Duration::from_secs_f64(rate.recip());
    let size = terminal.size()?;
    (app.width, app.height) = (size.width, size.height);
    app.poll(monitor);
    let mut draw = true;
    let mut next = Instant::now();
    while !world.failed() && !ended_from_elsewhere(monitor) {
        if Instant::now() >= next {
            draw |= app.poll(monitor);
            if app.rings() {
                world.act(&Action::Bell)?;
            }
            let begun = Instant::now();
            if std::mem::take(&mut draw) {
                terminal.draw(|frame| frame.render_widget(&*app, frame.area()))?;
            }
            // A slow line takes long to take a screen: it gets as long again to deliver keys and to catch up.
            next = Instant::now() + period.max(begun.elapsed());
        }
        let Some(event) = world.event(next.saturating_duration_since(Instant::now()))? else {
            continue;
        };
        draw = true;
        match app.update(&event) {
            Action::None => {}
            Action::Quit => break,
            Action::Pause(paused) if !app.attached => {
                monitor.set_paused(paused);
                app.paused = paused;
            }
            Action::Pace(pace) if !app.attached => {
                monitor.set_pace(pace);
                app.pace = pace;
            }
            Action::Suspend => {
                app.notice = world.act(&Action::Suspend)?;
                terminal.clear()?;
            }
            action => app.notice = world.act(&action)?.or(app.notice.take()),
        }
    }
    Ok(())
}

/// Whether something other than this UI asked the chain to end, and it has. A failed run stays on screen.
fn ended_from_elsewhere(monitor: &Monitor) -> bool {
    monitor.stopping() && monitor.status().phase == Phase::Finished
}

/// Writes a file that is not there yet.
fn write_new(path: &str, bytes: &[u8]) -> io::Result<()> {
    File::create_new(path)?.write_all(bytes)
}

/// Gives the terminal back and stops like any program at Ctrl-Z; takes it again when told to go on.
#[cfg(unix)]
fn suspend() -> io::Result<Option<String>> {
    restore();
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGTSTP)?;
    take_over()?;
    Ok(None)
}

#[cfg(not(unix))]
fn suspend() -> io::Result<Option<String>> {
    Ok(Some("this system suspends no programs".to_owned()))
}

/// Raw mode, a screen of our own, the mouse.
fn take_over() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        cursor::Hide
    )
}

/// OSC 52: asks the terminal to put text on the clipboard (xterm's control sequences, "Operating System
/// Commands"), which works over ssh too. Terminals that do not know it ignore it.
fn copy_to_clipboard(out: &mut impl io::Write, text: &str) -> io::Result<()> {
    write!(out, "\x1b]52;c;{}\x07", base64(text.as_bytes()))?;
    out.flush()
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |g, &b| g << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let six = (group >> (18 - 6 * i)) as usize & 63;
            text.push(if i <= chunk.len() {
                char::from(ALPHABET[six])
            } else {
                '='
            });
        }
    }
    text
}

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// The terminal while it is ours.
///
/// A panic of the thread that draws gives it back before the message is printed. A panic of any other thread
/// keeps its message until the drawing thread has noticed and left, so that neither spoils the other.
struct Guard {
    previous: Arc<Hook>,
    elsewhere: Arc<Mutex<Option<String>>>,
    given_back: bool,
}

impl Guard {
    fn take() -> io::Result<Self> {
        let previous = Arc::new(panic::take_hook());
        let elsewhere = Arc::new(Mutex::new(None));
        let drawing = thread::current().id();
        let (hook, message) = (Arc::clone(&previous), Arc::clone(&elsewhere));
        panic::set_hook(Box::new(move |info| on_panic(info, drawing, &hook, &message)));
        let guard = Self {
            previous,
            elsewhere,
            given_back: false,
        };
        take_over()?;
        Ok(guard)
    }

    fn failed(&self) -> bool {
        self.elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn give_back(mut self) -> anyhow::Result<()> {
        self.release();
        let message = self
            .elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        message.map_or(Ok(()), |m| Err(anyhow::Error::msg(m)))
    }

    fn release(&mut self) {
        if std::mem::replace(&mut self.given_back, true) {
            return;
        }
        restore();
        // A panicking thread may not change the hook.
        if !thread::panicking() {
            let previous = Arc::clone(&self.previous);
            panic::set_hook(Box::new(move |info| previous(info)));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.release();
    }
}

fn on_panic(info: &PanicHookInfo<'_>, drawing: ThreadId, previous: &Hook, elsewhere: &Mutex<Option<String>>) {
    if thread::current().id() == drawing {
        restore();
        previous(info);
    } else {
        let name = thread::current().name().unwrap_or("unnamed").to_owned();
        let mut kept = elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get_or_insert(format!("thread '{name}': {info}"));
    }
}

/// As far as possible: there is nothing better to do with an error here.
fn restore() {
    let _ = disable_raw_mode();
    let _ = execute!(
        io::stdout(),
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = io::stdout().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_clipboard_sequence_is_osc_52() {
        let mut out = Vec::new();
        copy_to_clipboard(&mut out, "foo").expect("a vector takes everything");
        assert_eq!(out, b"\x1b]52;c;Zm9v\x07");
    }
}
