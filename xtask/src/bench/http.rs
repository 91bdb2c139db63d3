//! Just enough HTTP to ask whether a server is ready.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

/// The status that `GET path` on 127.0.0.1 answers with; `None` while nothing listens or nothing comes back.
pub(crate) fn status(port: u16, path: &str) -> Option<u16> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_status_is_read_from_the_first_line() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody connects");
            let mut request = [0; 512];
            let length = stream.read(&mut request).expect("it sends a request");
            stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").expect("it reads");
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        assert_eq!(status(port, "/readyz"), Some(503));
        assert!(server.join().expect("it ends").starts_with("GET /readyz HTTP/1.1\r\n"));
        assert_eq!(status(port, "/readyz"), None, "nothing listens any more");
    }
}
