"""Authlib and Okta's Python JWT verifier, unmodified, against the org: prints one JSON object with what they saw."""

import asyncio
import base64
import html
import json
import os
import re
import secrets
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from okta_jwt_verifier import AccessTokenVerifier, IDTokenVerifier

ORG_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, LOGIN, PASSWORD = (
    os.environ[name] for name in ("ORG_URL", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "LOGIN", "PASSWORD")
)
TURNS_MAX = 20
ISSUER = f"{ORG_URL}/oauth2/default"


def sign_in(start):
    """A browser in miniature: follows redirects, fills the org's sign-in form, and stops before the application."""
    browser = requests.Session()

    def follow(answer):
        for _ in range(TURNS_MAX):
            if not answer.is_redirect:
                return answer, None
            place = urljoin(answer.url, answer.headers["location"])
            if place.startswith(REDIRECT_URI):
                return answer, place
            answer = browser.get(place, allow_redirects=False)
        raise RuntimeError("sent in circles")

    page, _ = follow(browser.get(start, allow_redirects=False))
    form = page.text[page.text.index("<form") : page.text.index("</form>")]
    fields = {
        html.unescape(re.search(r' name="([^"]*)"', tag)[1]): html.unescape(re.search(r' value="([^"]*)"', tag)[1])
        for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', form)
    }
    fields.update(username=LOGIN, password=PASSWORD)
    action = urljoin(page.url, html.unescape(re.search(r' action="([^"]*)"', form)[1]))
    parts = urlsplit(action)
    origin = f"{parts.scheme}://{parts.netloc}"
    _, back = follow(browser.post(action, data=fields, headers={"origin": origin}, allow_redirects=False))
    return back


configuration = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()
session = OAuth2Session(CLIENT_ID, CLIENT_SECRET, scope="openid profile email", redirect_uri=REDIRECT_URI)
verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
start, state = session.create_authorization_url(
    configuration["authorization_endpoint"],
    nonce=nonce,
    code_challenge=create_s256_code_challenge(verifier),
    code_challenge_method="S256",
)
back = sign_in(start)
token = session.fetch_token(configuration["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier)
info = session.get(configuration["userinfo_endpoint"]).json()


async def refusal(check):
    try:
        await check
    except Exception as error:  # each of the verifier's own kinds
        return type(error).__name__
    return None


async def verify():
    access = AccessTokenVerifier(issuer=ISSUER, audience="api://default")
    await access.verify(token["access_token"])
    identity = IDTokenVerifier(issuer=ISSUER, client_id=CLIENT_ID, audience=CLIENT_ID)
    await identity.verify(token["id_token"], nonce=nonce)
    head, body, signature = token["access_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["sub"] = "somebody.else@demo.example"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return {
        "tampered": await refusal(access.verify(f"{head}.{forged}.{signature}")),
        "otherAudience": await refusal(AccessTokenVerifier(issuer=ISSUER, audience="api://other").verify(token["access_token"])),
    }


seen = asyncio.run(verify())
revoked = session.revoke_token(configuration["revocation_endpoint"], token=token["access_token"])
seen.update(
    state=parse_qs(urlsplit(back).query)["state"] == [state],
    email=info["email"],
    login=info["preferred_username"],
    revoked=revoked.status_code,
)
print(json.dumps(seen))
