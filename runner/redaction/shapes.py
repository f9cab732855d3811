"""Known shapes of tokens: detect-secrets' own patterns where they are precise, and the few it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from runner.redaction.assignments import ASSIGNMENTS, HARMLESS_PASSWORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of token. A pattern is tried where its anchor stands; without anchors it is searched for.

    No pattern matches a newline: a stream is decided line by line.
    """

    kind: str
    anchors: tuple[bytes, ...] = ()
    patterns: tuple[re.Pattern[bytes], ...]
    secret_group: int = 0
    """The group that is the secret; the text around it stays."""
    harmless: re.Pattern[bytes] | None = None
    """A secret that begins like this is none."""
    weak: bool = False
    """Known by the word before it, which is the anchor in lower case; another name for the same bytes is better."""
    one_run: bool = False
    """Whether a failure at one place of a run of token characters means failure at every later one."""


# kind, module and class in detect_secrets.plugins, how its tokens begin, which group is the secret.
# Left out: everything that goes by entropy or by the word beside it, and shapes too wide for a stream
# (Artifactory, Cloudant, IBM, SoftLayer, Mailchimp). Private keys span lines: private_keys.py.
_LIBRARY = (
    ("aws-key", "aws", "AWSKeyDetector", "A3T ABIA ACCA AKIA ASIA", 0),
    ("azure-storage-key", "azure_storage_key", "AzureStorageKeyDetector", "AccountKey=", 0),
    ("url-password", "basic_auth", "BasicAuthDetector", "://", 1),
    ("discord-token", "discord", "DiscordBotTokenDetector", "", 0),
    ("github-token", "github_token", "GitHubTokenDetector", "ghp_ gho_ ghu_ ghs_ ghr_", 0),
    (
        "gitlab-token",
        "gitlab_token",
        "GitLabTokenDetector",
        "glpat- gldt- glft- glsoat- glrt- GR1348941 glcbt- glimt- glptt- glagent- gloas-",
        0,
    ),
    ("json-web-token", "jwt", "JwtTokenDetector", "eyJ", 0),
    ("openai-key", "openai", "OpenAIDetector", "sk-", 0),
    ("pypi-token", "pypi_token", "PypiTokenDetector", "pypi-AgE", 0),
    ("sendgrid-key", "sendgrid", "SendGridDetector", "SG.", 0),
    ("slack-token", "slack", "SlackDetector", "xox XOX https://hooks.slack.com", 0),
    ("square-secret", "square_oauth", "SquareOAuthDetector", "sq0csp-", 0),
    ("stripe-key", "stripe", "StripeDetector", "sk_live_ rk_live_", 0),
    ("telegram-token", "telegram_token", "TelegramBotTokenDetector", "", 0),
    ("twilio-key", "twilio", "TwilioKeyDetector", "AC SK", 0),
)

_UNUSED = {"aws-key": 1}
"""How many patterns at the end of a class go by the word beside the secret."""

# kind, how it begins, pattern, which group is the secret. After each: who says so.
_OWN = (
    # docs.anthropic.com, API keys and OAuth tokens
    ("anthropic-key", "sk-ant-", rb"sk-ant-[A-Za-z0-9_-]{16,400}", 0),
    # platform.openai.com, project, service-account and admin keys
    ("openai-key", "sk-proj- sk-svcacct- sk-admin-", rb"sk-[a-z]+-[A-Za-z0-9_-]{20,400}", 0),
    # github.blog 2022-10-18, fine-grained personal access tokens
    ("github-token", "github_pat_", rb"github_pat_[A-Za-z0-9_]{22,255}", 0),
    # docs.gitlab.com/security/tokens, prefixes; newer tokens have dots and are longer than the library allows
    (
        "gitlab-token",
        "glpat- gldt- glft- glsoat- glrt- glrtr- glcbt- glptt- glagent- gloas- glffct- glwt-",
        rb"gl[a-z]+-[A-Za-z0-9_-]{20,1024}(?:\.[A-Za-z0-9_-]{2,40}){0,3}",
        0,
    ),
    # api.slack.com/authentication/token-types, all prefixes, also rotated and app-level tokens
    (
        "slack-token",
        "xoxb- xoxa- xoxp- xoxe. xoxe- xoxr- xoxs- xoxo- xoxc- xapp-",
        rb"x[a-z]{3}[.-][A-Za-z0-9.-]{10,400}",
        0,
    ),
    ("slack-token", "xoxd-", rb"xoxd-[A-Za-z0-9%+/=-]{10,400}", 0),
    # github.blog 2021-09-23, new npm token format
    ("npm-token", "npm_", rb"npm_[A-Za-z0-9]{36}", 0),
    # docs.npmjs.com, npmrc: the line that holds a token of any form
    ("npm-token", "_authToken=", rb"_authToken=[ \t]{0,8}([^\s\"'\\$]{8,400})", 1),
    # docs.aws.amazon.com, credentials file and JSON answers
    (
        "aws-secret-key",
        "secret_access_key SECRET_ACCESS_KEY SecretAccessKey",
        rb"\w+[\\\"' ]{0,4}[=:][\\\"' ]{0,4}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
        1,
    ),
    # cloud.google.com, API keys; OAuth access tokens and client secrets
    ("google-key", "AIza", rb"AIza[0-9A-Za-z_-]{35}", 0),
    ("google-token", "ya29.", rb"ya29\.[0-9A-Za-z_-]{20,2048}", 0),
    ("google-secret", "GOCSPX-", rb"GOCSPX-[0-9A-Za-z_-]{28}", 0),
    # docs.stripe.com/keys, test keys and webhook secrets
    ("stripe-key", "sk_test_ rk_test_ whsec_", rb"(?:[rs]k_test|whsec)_[0-9A-Za-z+/=]{24,255}", 0),
    # huggingface.co/docs/hub/security-tokens
    ("huggingface-token", "hf_", rb"hf_[A-Za-z0-9]{34}", 0),
    # docs.digitalocean.com, token prefixes
    ("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", rb"do[opr]_v1_[a-f0-9]{64}", 0),
    # developer.hashicorp.com/vault/docs/concepts/tokens
    ("vault-token", "hvs. hvb. hvr.", rb"hv[sbr]\.[A-Za-z0-9_-]{24,400}", 0),
    # docs.docker.com, access tokens
    ("docker-token", "dckr_pat_ dckr_oat_", rb"dckr_[po]at_[A-Za-z0-9_-]{20,64}", 0),
    # shopify.dev, access tokens
    ("shopify-token", "shpat_ shpca_ shppa_ shpss_", rb"shp[a-z]{2}_[a-fA-F0-9]{32}", 0),
    # age-encryption.org, identities
    ("age-key", "AGE-SECRET-KEY-1", rb"AGE-SECRET-KEY-1[0-9A-Z]{58}", 0),
    # RFC 3986, 3.2.1: user info may hold sub-delimiters, which the library's pattern does not take
    ("url-password", "://", rb"://[^\s/?#:@\"'<>\\]{0,256}:([^\s/?#\"'<>\\]{3,512})@", 1),
)  # fmt: skip


@cache
def known_shapes() -> tuple[Shape, ...]:
    """All of them; the first call imports the library, which takes a sixth of a second."""
    return (*_own(), *_from_library())


def _own() -> Iterator[Shape]:
    for kind, anchors, pattern, group in _OWN:
        yield _shape(kind, anchors, (re.compile(pattern),), group)
    for row in ASSIGNMENTS:
        yield Shape(
            kind=row.kind,
            anchors=tuple(anchor.encode() for anchor in row.anchors.split()),
            patterns=(re.compile(row.pattern),),
            secret_group=row.group,
            harmless=row.harmless,
            weak=True,
        )


def _from_library() -> Iterator[Shape]:
    for kind, module, name, anchors, group in _LIBRARY:
        plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
        patterns = tuple(plugin.denylist)[: -_UNUSED.get(kind, 0) or None]
        yield _shape(kind, anchors, tuple(map(_for_bytes, patterns)), group)


_ONE_RUN = frozenset({"eyJ", "sk-"})
"""Anchors of patterns that read a whole run: without this a long run full of anchors takes quadratic time."""


def _shape(kind: str, anchors: str, patterns: tuple[re.Pattern[bytes], ...], group: int) -> Shape:
    return Shape(
        kind=kind,
        anchors=tuple(anchor.encode() for anchor in anchors.split()),
        patterns=patterns,
        secret_group=group,
        harmless=HARMLESS_PASSWORD if kind == "url-password" else None,
        one_run=anchors in _ONE_RUN,
    )


def _for_bytes(pattern: re.Pattern[str]) -> re.Pattern[bytes]:
    return re.compile(pattern.pattern.encode("ascii"), pattern.flags & ~re.UNICODE)
