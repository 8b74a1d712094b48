//! A network that can be cut: a proxy between a client and a server.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Nothing goes on, nothing breaks.
    Held,
    /// All is broken, and stays so.
    Cut,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Both ends of every connection.
    ends: Mutex<Vec<TcpStream>>,
}

/// A proxy that forwards to one server.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn start(server: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Open),
            changed: Condvar::new(),
            ends: Mutex::default(),
        });
        let proxy = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(server) else {
                    continue;
                };
                if *proxy.state.lock().unwrap() == State::Cut {
                    continue;
                }
                let mut ends = proxy.ends.lock().unwrap();
                ends.extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                for (from, to) in [
                    (client.try_clone().unwrap(), server.try_clone().unwrap()),
                    (server, client),
                ] {
                    let proxy = Arc::clone(&proxy);
                    thread::spawn(move || forward(from, to, &proxy));
                }
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn set(&self, state: State) {
        *self.shared.state.lock().unwrap() = state;
        self.shared.changed.notify_all();
    }

    pub fn hold(&self) {
        self.set(State::Held);
    }

    pub fn cut(&self) {
        self.set(State::Cut);
        for end in self.shared.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    pub fn heal(&self) {
        self.set(State::Open);
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, proxy: &Shared) {
    let mut bytes = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let state = proxy.state.lock().unwrap();
        let state = *proxy
            .changed
            .wait_while(state, |state| *state == State::Held)
            .unwrap();
        // What was held when the network was cut is lost.
        if state == State::Cut || to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
