//! Status and metrics to whoever asks by HTTP. Every request is answered once and its connection closed.

use super::control::Control;
use super::metrics;
use super::socket;
use super::status::Board;
use std::io::{self, ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Longest request that is read.
const LONGEST: usize = 8192;
/// Header fields of a request.
const MOST_FIELDS: usize = 64;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests at once.
const MOST_AT_ONCE: usize = 16;
/// How often the listener looks whether to go on.
const GLANCE: Duration = Duration::from_millis(50);

/// Begins to answer requests.
///
/// # Errors
/// When the system refuses.
pub fn start(listener: TcpListener, board: Arc<Board>, control: Arc<Control>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    thread::spawn(move || {
        let busy = Arc::new(AtomicUsize::new(0));
        while !control.closing() {
            match listener.accept() {
                Ok((stream, _)) => admit(stream, &board, &control, &busy),
                Err(_) => control.sleep_until_closing(GLANCE),
            }
        }
        control.done();
    });
    Ok(())
}

fn admit(stream: TcpStream, board: &Arc<Board>, control: &Arc<Control>, busy: &Arc<AtomicUsize>) {
    if busy.load(Ordering::Relaxed) >= MOST_AT_ONCE {
        return;
    }
    busy.fetch_add(1, Ordering::Relaxed);
    let (board, control, busy) = (Arc::clone(board), Arc::clone(control), Arc::clone(busy));
    thread::spawn(move || {
        // Whoever went away before the answer does not miss it.
        let _ = serve(&stream, &board, &control);
        busy.fetch_sub(1, Ordering::Relaxed);
    });
}

fn serve(stream: &TcpStream, board: &Board, control: &Control) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    socket::prepare(stream)?;
    stream.set_read_timeout(Some(GLANCE))?;
    let request = read(stream)?;
    let response = respond(&request, board);
    socket::write_all(stream, &response, control)?;
    socket::close(stream, control);
    Ok(())
}

/// Reads the head of a request, or as much as may be.
fn read(mut stream: &TcpStream) -> io::Result<Vec<u8>> {
    let until = Instant::now() + PATIENCE;
    let mut request = vec![0; LONGEST];
    let mut have = 0;
    while have < LONGEST && parse(&request[..have]) == Request::Incomplete && Instant::now() < until {
        match stream.read(&mut request[have..]) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    request.truncate(have);
    Ok(request)
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The rest has not come.
    Incomplete,
    /// No request.
    Bad,
    /// Not GET or HEAD.
    Method,
    /// Nothing that there is.
    Unknown,
    /// `/`.
    Index(Part),
    /// `/status`.
    Status(Part),
    /// `/metrics`.
    Metrics(Part),
}

/// How much of the answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    All,
    /// All but the content.
    Head,
}

/// Makes out what these bytes ask for.
pub fn parse(bytes: &[u8]) -> Request {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(bytes) {
        Err(_) => return Request::Bad,
        Ok(httparse::Status::Partial) => return Request::Incomplete,
        Ok(httparse::Status::Complete(_)) => {}
    }
    let part = match request.method {
        Some("GET") => Part::All,
        Some("HEAD") => Part::Head,
        _ => return Request::Method,
    };
    let path = request.path.unwrap_or_default().split('?').next();
    match path.unwrap_or_default() {
        "/" => Request::Index(part),
        "/status" => Request::Status(part),
        "/metrics" => Request::Metrics(part),
        _ => Request::Unknown,
    }
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn respond(request: &[u8], board: &Board) -> Vec<u8> {
    let plain = |status, text: &str| response(status, TEXT, text, Part::All);
    match parse(request) {
        Request::Incomplete if request.len() >= LONGEST => {
            plain("431 Request Header Fields Too Large", "the request is too long\n")
        }
        Request::Incomplete => plain("408 Request Timeout", "the request did not arrive\n"),
        Request::Bad => plain("400 Bad Request", "this is no HTTP request\n"),
        Request::Method => plain("405 Method Not Allowed", "only GET and HEAD\n"),
        Request::Unknown => plain("404 Not Found", "there are /status and /metrics\n"),
        Request::Index(part) => response("200 OK", TEXT, "groundlink: /status /metrics\n", part),
        Request::Status(part) => match serde_json::to_string_pretty(&board.status()) {
            Ok(text) => response("200 OK", JSON, &(text + "\n"), part),
            Err(error) => plain("500 Internal Server Error", &format!("{error}\n")),
        },
        Request::Metrics(part) => match metrics::text(board.status()) {
            Ok(text) => response("200 OK", OPEN_METRICS, &text, part),
            Err(error) => plain("500 Internal Server Error", &format!("{error}\n")),
        },
    }
}

fn response(status: &str, kind: &str, content: &str, part: Part) -> Vec<u8> {
    let mut text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nAllow: GET, HEAD\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        content.len()
    );
    if part == Part::All {
        text.push_str(content);
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(request: &str) -> String {
        String::from_utf8(respond(request.as_bytes(), &Board::default())).unwrap()
    }

    #[test]
    fn requests_are_told_apart() {
        for (request, expected) in [
            (
                "GET /status HTTP/1.1\r\nHost: x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json",
            ),
            (
                "GET /metrics?x=1 HTTP/1.0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text",
            ),
            (
                "GET / HTTP/1.1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain",
            ),
            ("GET /secret HTTP/1.1\r\n\r\n", "HTTP/1.1 404"),
            ("POST /status HTTP/1.1\r\n\r\n", "HTTP/1.1 405"),
            ("GET /status HTTP/1.1\r\nHost", "HTTP/1.1 408"),
            ("\0\0\0\0\r\n\r\n", "HTTP/1.1 400"),
        ] {
            let answer = answer(request);
            assert!(answer.starts_with(expected), "{request:?}: {answer}");
        }
    }

    #[test]
    fn a_head_has_no_content_and_too_much_is_refused() {
        let head = answer("HEAD /status HTTP/1.1\r\n\r\n");
        assert!(
            head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"),
            "{head}"
        );
        let long = format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(LONGEST));
        assert!(answer(&long).starts_with("HTTP/1.1 431"));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(MOST_FIELDS + 1));
        assert!(answer(&many).starts_with("HTTP/1.1 400"));
    }

    #[test]
    fn the_status_is_json() {
        let answer = answer("GET /status HTTP/1.1\r\n\r\n");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("Content-Length: {}", body.len())),
            "{head}"
        );
        let status: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&status["v"], &status["runs"]),
            (&1.into(), &serde_json::json!([]))
        );
    }
}
