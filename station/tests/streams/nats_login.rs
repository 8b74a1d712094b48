//! Logins to a real `nats-server`: TLS with an authority of the test's own, passwords, `NKeys`, credentials.

use super::nats_server::{Server, nobody};
use super::support::{Running, config, demo};
use super::tls::Certificates;
use async_nats::ConnectOptions;
use data_encoding::BASE64URL_NOPAD;
use groundlink_station::chain::From;
use groundlink_station::output::stream::StreamReport;
use nkeys::KeyPair;
use serde_json::{Value, json};
use std::path::Path;

/// Runs the demo into a server; the report's counters, and its whole text.
fn run(spec: &str) -> (StreamReport, String) {
    let report = Running::start(config("demo", &demo(), From::Iq, &[spec])).finish();
    let text = serde_json::to_string(&report).unwrap();
    (report.outputs[0].clone(), text)
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// Nothing was delivered, and one line says why, without the secret.
fn refused(spec: &str, secret: &str, why: &str) {
    let (output, report) = run(&format!("{spec}&queue=10&stall=1"));
    assert_eq!((output.offered, output.delivered), (85, 0), "{output:?}");
    let error = output.last_error.unwrap();
    assert!(
        error.to_lowercase().contains(why) && !error.contains('\n'),
        "{error}"
    );
    assert!(!report.contains(secret), "{report}");
}

#[test]
fn tls_and_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::new(folder.path(), "127.77.1.5");
    let (certificate, key) = (
        certificates.certificate.to_string_lossy(),
        certificates.key.to_string_lossy(),
    );
    let options = [
        "--tls",
        "--tlscert",
        &certificate,
        "--tlskey",
        &key,
        "--user",
        "north",
        "--pass",
        "0123secret",
    ];
    let Some(mut server) = Server::new("127.77.1.5", &options) else {
        return;
    };
    server.start();
    let right = written(folder.path(), "right", "0123secret\n");
    let wrong = written(folder.path(), "wrong", "4567secret\n");
    let (ca, other) = (certificates.ca.display(), certificates.other_ca.display());
    let spec = |ca: &dyn std::fmt::Display, password: &str| {
        format!("nats+tls://127.77.1.5:4222?user=north&password_file={password}&ca_file={ca}")
    };
    let (output, report) = run(&format!("{}&stall=60", spec(&ca, &right)));
    assert_eq!((output.offered, output.delivered), (85, 85), "{output:?}");
    assert!(!report.contains("0123secret"), "{report}");
    refused(&spec(&ca, &wrong), "4567secret", "authorization violation");
    refused(&spec(&other, &right), "0123secret", "certificate");
    let options = ConnectOptions::new()
        .user_and_password("north".to_owned(), "0123secret".to_owned())
        .add_root_certificates(certificates.ca.clone())
        .require_tls(true);
    assert_eq!(server.stored(options).len(), 85);
}

#[test]
fn an_nkey() {
    let (user, other) = (KeyPair::new_user(), KeyPair::new_user());
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "authorization {{ users = [ {{ nkey: {} }} ] }}",
        user.public_key()
    );
    let file = written(folder.path(), "server.conf", &text);
    let Some(mut server) = Server::new("127.77.1.6", &["-c", &file]) else {
        return;
    };
    server.start();
    let seed = user.seed().unwrap();
    let right = written(folder.path(), "right", &seed);
    let wrong = written(folder.path(), "wrong", &other.seed().unwrap());
    let spec = |seed: &str| format!("nats://127.77.1.6:4222?nkey_file={seed}");
    let (output, report) = run(&format!("{}&stall=60", spec(&right)));
    assert_eq!((output.offered, output.delivered), (85, 85), "{output:?}");
    assert!(!report.contains(&seed), "{report}");
    refused(&spec(&wrong), &other.seed().unwrap(), "authorization violation");
    assert_eq!(server.stored(nobody().nkey(seed)).len(), 85);
}

/// A token of NATS: claims, signed.
fn token(issuer: &KeyPair, subject: &str, claims: &Value) -> String {
    let header = json!({"typ": "JWT", "alg": "ed25519-nkey"}).to_string();
    let body = json!({
        "jti": "test", "iat": 1_700_000_000, "iss": issuer.public_key(), "name": "test", "sub": subject, "nats": claims,
    });
    let signed = [header, body.to_string()].map(|part| BASE64URL_NOPAD.encode(part.as_bytes()));
    let signed = signed.join(".");
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}

#[test]
fn a_file_of_credentials() {
    let (operator, account, user) = (
        KeyPair::new_operator(),
        KeyPair::new_account(),
        KeyPair::new_user(),
    );
    let folder = tempfile::tempdir().unwrap();
    let limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
        "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
    });
    let claims = json!({"type": "operator", "version": 2});
    let operators = token(&operator, &operator.public_key(), &claims);
    let claims = json!({"type": "account", "version": 2, "limits": limits});
    let accounts = token(&operator, &account.public_key(), &claims);
    let system = KeyPair::new_account();
    let claims = json!({"type": "account", "version": 2, "limits": {"subs": -1, "conn": -1, "leaf": -1}});
    let systems = token(&operator, &system.public_key(), &claims);
    let claims = json!({"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1});
    let users = token(&account, &user.public_key(), &claims);
    let text = format!(
        "operator: {operators}\nsystem_account: {system}\nresolver: MEMORY\nresolver_preload: {{ {}: {accounts}, {system}: \
         {systems} }}\n",
        account.public_key(),
        system = system.public_key()
    );
    let file = written(folder.path(), "server.conf", &text);
    let Some(mut server) = Server::new("127.77.1.7", &["-c", &file]) else {
        return;
    };
    server.start();
    let seed = user.seed().unwrap();
    let text = format!(
        "-----BEGIN NATS USER JWT-----\n{users}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n\
         {seed}\n------END USER NKEY SEED------\n"
    );
    let credentials = written(folder.path(), "credentials", &text);
    let spec = format!("nats://127.77.1.7:4222?stall=60&credentials_file={credentials}");
    let (output, report) = run(&spec);
    assert_eq!((output.offered, output.delivered), (85, 85), "{output:?}");
    assert!(!report.contains(&seed) && !report.contains(&users), "{report}");
    let options = ConnectOptions::new().credentials(&text).unwrap();
    assert_eq!(server.stored(options).len(), 85);
}
