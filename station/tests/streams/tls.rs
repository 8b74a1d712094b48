//! A certificate authority that is thrown away, and HTTPS with it.

use super::sids::{STATION, answer};
use super::support::{Frames, PATIENCE, Running, config, demo};
use groundlink_station::chain::From;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// Files of a server's certificate and key, and those of whom to trust.
pub struct Certificates {
    /// Who signed it.
    pub ca: PathBuf,
    /// Somebody else.
    pub other_ca: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Certificates {
    /// New ones in a folder, for a server at this address.
    pub fn new(folder: &Path, address: &str) -> Self {
        let authority = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let certificate = params.self_signed(&key).unwrap();
            std::fs::write(folder.join(name), certificate.pem()).unwrap();
            Issuer::new(params, key)
        };
        let issuer = authority("ca.pem");
        authority("other.pem");
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![address.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
        Self {
            ca: folder.join("ca.pem"),
            other_ca: folder.join("other.pem"),
            certificate: folder.join("server.pem"),
            key: folder.join("server.key"),
        }
    }
}

/// The server's side of TLS.
fn config_of(certificates: &Certificates) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(&certificates.certificate).unwrap();
    let chain = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(&certificates.key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

/// Takes connections over TLS; gives the first so many that `take` has something from.
fn server<T: Send + 'static>(
    certificates: &Certificates,
    most: usize,
    take: fn(StreamOwned<ServerConnection, TcpStream>) -> Option<T>,
) -> (String, JoinHandle<Vec<T>>) {
    let config = config_of(certificates);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let taken = thread::spawn(move || {
        let connections = listener.incoming().map(Result::unwrap);
        connections
            .filter_map(|stream| {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                take(StreamOwned::new(connection, stream))
            })
            .take(most)
            .collect()
    });
    (address, taken)
}

#[test]
fn forms_go_over_tls_to_whom_the_file_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::new(folder.path(), "127.0.0.1");
    std::fs::write(folder.path().join("token"), "0123secret").unwrap();
    let (address, requests) = server(&certificates, 85, |stream| Some(answer(stream, 201)));
    let spec = format!(
        "sids+https://{address}/api/?{STATION}&token_file={}&ca_file={}",
        folder.path().join("token").display(),
        certificates.ca.display()
    );
    let report = Running::start(config("demo", &demo(), From::Iq, &[&spec])).finish();
    let requests = requests.join().unwrap();
    assert_eq!(report.outputs[0].delivered, 85);
    assert!(
        requests[0]
            .0
            .to_lowercase()
            .contains("authorization: token 0123secret")
    );
    assert!(
        requests
            .iter()
            .all(|(_, body)| body.starts_with("noradID=44406&"))
    );
    assert!(!serde_json::to_string(&report).unwrap().contains("0123secret"));
}

#[test]
fn forms_do_not_go_to_a_server_that_nobody_vouches_for() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::new(folder.path(), "127.0.0.1");
    std::fs::write(folder.path().join("token"), "0123secret").unwrap();
    // It hears nothing from somebody who does not trust it.
    let (address, _) = server(&certificates, 1, |mut stream| stream.read(&mut [0]).ok());
    let spec = format!(
        "sids+https://{address}/api/?norad=1&source=A&latitude=0&longitude=0&queue=10&stall=1&token_file={}&ca_file={}",
        folder.path().join("token").display(),
        certificates.other_ca.display()
    );
    let report = Running::start(config("demo", &demo(), From::Iq, &[&spec])).finish();
    let output = &report.outputs[0];
    assert_eq!((output.offered, output.delivered), (85, 0));
    let error = output.last_error.as_deref().unwrap();
    assert!(error.contains("certificate") && !error.contains('\n'), "{error}");
    assert!(!serde_json::to_string(&report).unwrap().contains("0123secret"));
}

#[test]
fn a_file_without_certificates_is_told_before_the_run() {
    let frames = Frames::new(1, 40);
    let profile = frames.path().join("any.toml");
    for (file, expected) in [
        (profile.display().to_string(), "any.toml: no certificate in it"),
        ("no-such-file".to_owned(), "file no-such-file: "),
    ] {
        let error = frames.refusal(&format!("sids+https://127.0.0.1:9/?{STATION}&ca_file={file}"));
        assert!(error.contains(expected), "{error}");
    }
}
