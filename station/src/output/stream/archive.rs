//! An archive of frames, packets and metrics in Parquet files, in folders by table, satellite and day.

use super::control::Control;
use super::ledger::{Cause, Ledger, Parcel};
use super::queue::{Next, Queue};
use super::table::Table;
use super::unit::Unit;
use super::word::word;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Rows of a file.
const MOST_ROWS: usize = 1 << 14;
/// Bytes of content of a file.
const MOST_BYTES: usize = 16 << 20;
/// How old a row may become before it is in a file.
const MOST_AGE: Duration = Duration::from_secs(60);
/// How often the age is looked at.
const GLANCE: Duration = Duration::from_millis(250);

/// Where a unit belongs: table, satellite, day.
type Place = (Table, String, String);

/// Rows that are not in a file yet.
struct Pending {
    parcels: Vec<Parcel>,
    bytes: usize,
    since: Instant,
}

struct Archive {
    folder: PathBuf,
    /// Different for each run.
    run: String,
    files: u64,
    pending: BTreeMap<Place, Pending>,
    ledger: Arc<Ledger>,
}

/// Starts the thread that writes files into this folder. A unit is delivered once the file that holds it has its name.
///
/// # Errors
/// When the folder cannot be made.
pub fn start(folder: &str, queue: Arc<Queue>, ledger: Arc<Ledger>, control: Arc<Control>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut archive = Archive {
        folder: folder.into(),
        run: format!("{}-{}", begun.as_millis(), std::process::id()),
        files: 0,
        pending: BTreeMap::new(),
        ledger,
    };
    thread::spawn(move || {
        let mut glance = Instant::now();
        loop {
            match queue.next(GLANCE) {
                Next::Parcel(parcel) => archive.take(parcel, &control),
                Next::Nothing => {}
                Next::Closed => break,
            }
            // A queue that is never empty must not keep rows from their file.
            if glance.elapsed() >= GLANCE {
                glance = Instant::now();
                archive.write_old(&control);
            }
        }
        archive.write_all(&control);
        control.done();
    });
    Ok(())
}

/// The day of a unit, UTC.
fn day(unit: &Unit) -> String {
    unit.utc.map_or("unknown".to_owned(), |utc| {
        let (year, month, day, ..) = utc.to_gregorian_utc();
        format!("{year:04}-{month:02}-{day:02}")
    })
}

/// A word as the name of a folder.
fn folder_name(text: &str) -> String {
    word(text, |c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

impl Archive {
    fn take(&mut self, parcel: Parcel, control: &Control) {
        let Some(table) = Table::of(parcel.unit()) else {
            return parcel.lost(Cause::Refused);
        };
        let satellite = folder_name(&parcel.unit().origin.profile);
        let place = (table, satellite, day(parcel.unit()));
        let pending = self.pending.entry(place.clone()).or_insert_with(|| Pending {
            parcels: Vec::new(),
            bytes: 0,
            since: Instant::now(),
        });
        pending.bytes += parcel.unit().bytes.len();
        pending.parcels.push(parcel);
        if pending.parcels.len() >= MOST_ROWS || pending.bytes >= MOST_BYTES {
            self.write(&place, control);
        }
    }

    fn write_old(&mut self, control: &Control) {
        let old = |pending: &Pending| pending.since.elapsed() >= MOST_AGE;
        let places: Vec<Place> = self
            .pending
            .iter()
            .filter(|(_, pending)| old(pending))
            .map(|(place, _)| place.clone())
            .collect();
        for place in &places {
            self.write(place, control);
        }
    }

    fn write_all(&mut self, control: &Control) {
        let places: Vec<Place> = self.pending.keys().cloned().collect();
        for place in &places {
            self.write(place, control);
        }
    }

    /// Writes the file of a place, again and again until it can be.
    fn write(&mut self, place: &Place, control: &Control) {
        let Some(pending) = self.pending.remove(place) else {
            return;
        };
        let (table, satellite, day) = place;
        self.files += 1;
        let folder = self
            .folder
            .join(table.name())
            .join(format!("satellite={satellite}"))
            .join(format!("date={day}"));
        let name = format!("{}-{:06}.parquet", self.run, self.files);
        while let Err(error) = write_file(*table, &pending.parcels, &folder, &name) {
            self.ledger.error(error.to_string());
            if control.sleep(GLANCE) {
                // What is let go was overtaken by the end.
                return;
            }
        }
        for parcel in pending.parcels {
            let bytes = parcel.unit().bytes.len();
            parcel.delivered(bytes);
        }
    }
}

/// Writes a file that has its name only once it is whole and on the disk.
fn write_file(table: Table, parcels: &[Parcel], folder: &Path, name: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let (part, whole) = (folder.join(format!(".{name}.part")), folder.join(name));
    let units = parcels.iter().map(Parcel::unit);
    let outcome = table
        .write(units, File::create(&part)?)
        .map_err(io::Error::other)
        .and_then(|mut file| {
            file.flush()?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&part, &whole))
        .and_then(|()| sync_folder(folder));
    if outcome.is_err() {
        // It is of no use, and its room may be what is missing.
        let _ = fs::remove_file(&part);
    }
    outcome
}

/// Has the names in a folder on the disk too, where the system can be asked for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}
