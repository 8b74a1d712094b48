//! The URLs of live inputs.

use super::LiveError;

/// Port of `rtl_tcp` unless the URL has another.
const RTL_TCP_PORT: u16 = 1234;

/// A live input by its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveUrl {
    /// `rtl_tcp://HOST[:PORT]`: a server of `rtl_tcp`'s protocol.
    RtlTcp(String),
    /// `tcp://HOST:PORT`: raw samples from a server.
    Tcp(String),
    /// `tcp-listen://[ADDRESS:]PORT`: raw samples from whoever connects.
    TcpListen(String),
    /// `udp://[ADDRESS:]PORT`: raw samples in datagrams.
    Udp(String),
    /// `vita49://[ADDRESS:]PORT`: VITA-49 packets, DIFI's among them, in datagrams.
    Vita49(String),
    /// `soapy:ARGUMENTS`: a device by `SoapySDR`, chosen by its arguments.
    Soapy(String),
}

impl LiveUrl {
    /// Reads a URL; `None` for a text that is none, such as a path.
    ///
    /// # Errors
    /// [`LiveError::Address`] for an unknown scheme or an address that is none.
    pub fn parse(text: &str) -> Option<Result<Self, LiveError>> {
        if let Some(args) = text.strip_prefix("soapy:") {
            return Some(Ok(Self::Soapy(args.trim_start_matches("//").to_owned())));
        }
        let (scheme, rest) = text.split_once("://")?;
        if !scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-+.".contains(&b))
        {
            return None;
        }
        Some(match scheme.to_ascii_lowercase().as_str() {
            "rtl_tcp" | "rtl-tcp" => remote(rest, Some(RTL_TCP_PORT)).map(Self::RtlTcp),
            "tcp" => remote(rest, None).map(Self::Tcp),
            "tcp-listen" => local(rest).map(Self::TcpListen),
            "udp" => local(rest).map(Self::Udp),
            "vita49" | "difi" => local(rest).map(Self::Vita49),
            _ => Err(LiveError::Address {
                text: text.to_owned(),
                wanted: "input: the URLs of live ones begin with soapy:, rtl_tcp://, tcp://, tcp-listen://, udp:// or vita49://",
            }),
        })
    }
}

/// A host with its port.
fn remote(text: &str, default_port: Option<u16>) -> Result<String, LiveError> {
    let wrong = || LiveError::Address {
        text: text.to_owned(),
        wanted: "address: write it as HOST:PORT",
    };
    let text = text.trim_end_matches('/');
    let (host, port) = match (text.rsplit_once(':'), default_port) {
        // A colon inside brackets belongs to an IPv6 address.
        (Some((host, port)), _) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
        (_, Some(port)) => (text, port),
        _ => return Err(wrong()),
    };
    let bare = !host.starts_with('[') && host.contains(':');
    if host.is_empty() || port == 0 || bare || host.contains(['/', ' ', '@']) {
        return Err(wrong());
    }
    Ok(format!("{host}:{port}"))
}

/// An address of this computer: the loopback one unless another is named.
fn local(text: &str) -> Result<String, LiveError> {
    let text = text.trim_end_matches('/');
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(format!("127.0.0.1:{port}")),
        _ => remote(text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_from_paths() {
        for path in ["-", "a.wav", "/x/y", "C:\\x", "a b://c", "soapy"] {
            assert!(LiveUrl::parse(path).is_none(), "{path}");
        }
        let parse = |text| LiveUrl::parse(text).unwrap().unwrap();
        assert_eq!(parse("rtl_tcp://radio"), LiveUrl::RtlTcp("radio:1234".into()));
        assert_eq!(parse("rtl_tcp://[::1]"), LiveUrl::RtlTcp("[::1]:1234".into()));
        assert_eq!(parse("RTL_TCP://radio:7/"), LiveUrl::RtlTcp("radio:7".into()));
        assert_eq!(parse("tcp://[::1]:7"), LiveUrl::Tcp("[::1]:7".into()));
        assert_eq!(parse("tcp-listen://7"), LiveUrl::TcpListen("127.0.0.1:7".into()));
        assert_eq!(parse("udp://0.0.0.0:7"), LiveUrl::Udp("0.0.0.0:7".into()));
        assert_eq!(
            parse("soapy:driver=rtlsdr,serial=1"),
            LiveUrl::Soapy("driver=rtlsdr,serial=1".into())
        );
        assert_eq!(parse("soapy:"), LiveUrl::Soapy(String::new()));
        // Arguments may have URLs in them.
        let remote = "driver=remote,remote=tcp://[::1]:55132";
        assert_eq!(parse(&format!("soapy:{remote}")), LiveUrl::Soapy(remote.into()));
    }

    #[test]
    fn what_is_no_address_is_named() {
        for text in [
            "tcp://",
            "tcp://radio",
            "tcp://radio:0",
            "tcp://radio:65536",
            "tcp://:7",
            "tcp://::1",
            "tcp://::1:7",
            "udp://",
            "udp://0",
            "tcp://a b:7",
            "http://radio:80",
            "tcp://radio:x",
        ] {
            let error = LiveUrl::parse(text).unwrap().unwrap_err();
            assert!(matches!(error, LiveError::Address { .. }), "{text}");
        }
    }
}
