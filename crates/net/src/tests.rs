//! The client against small servers of its own.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use bytes::Bytes;
use url::Url;

use crate::{Answer, Error, Limits, Outbound, Request};

async fn server() -> Url {
    let big = || async {
        let chunks =
            futures::stream::iter((0..200).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 1024 * 1024]))));
        Body::from_stream(chunks)
    };
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .route(
            "/echo",
            post(|headers: HeaderMap, body: String| async move { format!("{:?} {body}", headers.get("x-wr")) }),
        )
        .route("/away", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/")]).into_response() }))
        .route("/big", get(big))
        .route("/cut", get(cut_off))
        .route("/never", get(std::future::pending::<()>));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

/// Half an answer.
async fn cut_off() -> Body {
    let chunks = [Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("the connection is reset"))];
    Body::from_stream(futures::stream::iter(chunks))
}

fn get_of(base: &Url, path: &str) -> Request {
    Request::new("GET", base.join(path).unwrap())
}

#[tokio::test]
async fn a_configured_origin_is_reached_on_loopback() {
    let base = server().await;
    let http = Outbound::configured([base.clone()]);
    let answer = http.send(get_of(&base, "/")).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (200, b"hello".as_slice()));
    let echo = Request::new("POST", base.join("/echo").unwrap()).header("x-wr", "1").body("body");
    assert_eq!(http.send(echo).await.unwrap().body, "Some(\"1\") body");
}

#[tokio::test]
async fn an_origin_inside_that_nobody_configured_is_refused_in_every_spelling() {
    let base = server().await;
    let port = base.port().unwrap();
    let http = Outbound::configured([Url::parse("https://acme.okta.com").unwrap()]);
    let spellings = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "127.0.0.1.",
        "0",
        "127.1",
    ];
    for host in spellings {
        let url = Url::parse(&format!("http://{host}:{port}/")).unwrap();
        let refused = http.send(Request::new("GET", url)).await;
        assert!(matches!(refused, Err(Error::AddressRefused { .. })), "{host}: {refused:?}");
    }
    // Another port of a configured host is another origin.
    let http = Outbound::configured([Url::parse("http://127.0.0.1:1").unwrap()]);
    assert!(matches!(http.send(get_of(&base, "/")).await, Err(Error::AddressRefused { .. })));
}

#[tokio::test]
async fn only_listed_schemes_go_out() {
    let http = Outbound::configured([]);
    for url in ["file:///etc/passwd", "ftp://1.1.1.1/", "data:text/plain,x", "gopher://1.1.1.1/"] {
        let refused = http.send(Request::new("GET", Url::parse(url).unwrap())).await;
        assert!(matches!(refused, Err(Error::SchemeRefused { .. })), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let base = server().await;
    let answer = Outbound::configured([base.clone()]).send(get_of(&base, "/away")).await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (302, Some("/")));
}

#[tokio::test]
async fn an_answer_past_the_limit_is_given_up_while_it_streams() {
    let base = server().await;
    let refused = Outbound::configured([base.clone()]).send(get_of(&base, "/big")).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_slow_and_one_that_is_not_there_unreachable() {
    let base = server().await;
    let limits = Limits { answer: Duration::from_millis(100), ..Limits::default() };
    let http = Outbound::with_authorities([base.clone()], None, limits).unwrap();
    assert!(matches!(http.send(get_of(&base, "/never")).await, Err(Error::Slow { .. })));
    // One request may have less time than the others.
    let patient = Outbound::configured([base.clone()]);
    let hurried = patient.send(get_of(&base, "/never").within(Duration::from_millis(100))).await;
    assert!(matches!(hurried, Err(Error::Slow { limit, .. }) if limit == Duration::from_millis(100)), "{hurried:?}");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let gone = Outbound::configured([closed.clone()]).send(get_of(&closed, "/")).await;
    assert!(matches!(gone, Err(Error::Unreachable { .. })), "{gone:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_told_from_a_server_that_is_not_there() {
    let base = server().await;
    let broken = Outbound::configured([base.clone()]).send(get_of(&base, "/cut")).await;
    assert!(matches!(broken, Err(Error::BrokeOff { .. })), "{broken:?}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_a_tls_error_and_its_own_authority_makes_it_good() {
    let (url, authority) = tls_server().await;
    let refused = Outbound::configured([url.clone()]).send(get_of(&url, "/")).await;
    assert!(matches!(refused, Err(Error::Tls { .. })), "{refused:?}");
    let http = Outbound::with_authorities([url.clone()], Some(authority.as_bytes()), Limits::default()).unwrap();
    assert_eq!(http.send(get_of(&url, "/")).await.unwrap().body, "secure");
    let nonsense = Outbound::with_authorities([url], Some(b"-----BEGIN CERTIFICATE-----\n!\n"), Limits::default());
    assert!(matches!(nonsense, Err(Error::AuthorityUnreadable { .. })));
}

/// An https server under a certificate authority of its own; the authority as PEM.
async fn tls_server() -> (Url, String) {
    crate::install_tls_provider();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let tls = axum_server::tls_rustls::RustlsConfig::from_pem(
        certificate.pem().into_bytes(),
        key.serialize_pem().into_bytes(),
    );
    let tls = tls.await.unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route("/", get(|| async { "secure" }));
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
    tokio::spawn(async move { server.serve(app.into_make_service()).await.unwrap() });
    (Url::parse(&format!("https://localhost:{port}/")).unwrap(), authority_pem)
}

#[test]
fn a_request_does_not_show_its_headers_or_its_query() {
    let request = Request::new("GET", Url::parse("https://acme.okta.com/x?token=hunter2").unwrap())
        .header("authorization", "hunter3");
    let shown = format!("{request:?}");
    assert!(!shown.contains("hunter"), "{shown}");
}

#[test]
fn an_answer_does_not_show_its_headers_or_its_body() {
    let headers = HeaderMap::from_iter([(header::SET_COOKIE, "session=hunter2".parse().unwrap())]);
    let answer = Answer { status: 200, headers, body: Bytes::from_static(b"{\"access_token\":\"hunter3\"}") };
    assert_eq!(format!("{answer:?}"), "200 with 26 bytes");
}
