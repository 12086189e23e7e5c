"""Who pays, by what the CLI says of its login."""

import pytest

from cmappy.backends.claude.events import Account

TOKEN, KEY = "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"


@pytest.mark.parametrize(
    ("account", "billing"),
    [
        ({"tokenSource": TOKEN}, "subscription"),
        ({"subscriptionType": "Claude Max"}, "subscription"),
        ({"subscriptionType": "Claude Max", "apiKeySource": "/login managed key"}, "subscription"),
        ({"subscriptionType": "Claude Max", "tokenSource": "claude.ai", "apiKeySource": "none"}, "subscription"),
        ({"tokenSource": "none", "apiKeySource": KEY}, "api_key"),
        ({"tokenSource": "none", "apiKeySource": "/login managed key"}, "api_key"),
        ({"apiKeySource": KEY}, "api_key"),
        ({"tokenSource": "none"}, "none"),
        ({"tokenSource": "none", "apiKeySource": "none"}, "none"),
        ({}, "none"),
    ],
)
def test_billing_is_what_arrives_at_the_api(account, billing):
    """Seen on 2.1.330: with a subscription beside a key, the subscription's token is sent."""
    assert billing == Account.model_validate(account).billing
