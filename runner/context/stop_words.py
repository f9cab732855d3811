"""Words that say nothing about where in a repository something is: English, issue templates, keywords of languages."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text, to be read more easily than a list of strings."""
    return frozenset(text.split())


ENGLISH = word_set(
    """a about above after again all also although always am an and another any anyone anything are around as at away
    back be because been before being below best better between both but by came can cannot come comes could did
    do does doing done down during each either else enough even ever every everything few for from further gave
    get gets getting give given gives go goes going gone good got had has have having he hello help her here hi
    his how however i if in indeed instead into is it its itself just keep kind know knows last least less let
    lets like likely lot made make makes making many may maybe me might more most much must my near need needed
    needs neither never next no nor not nothing now of off often ok okay on once one only onto or other others
    otherwise our out over own perhaps please put quite rather really same saw say says see seem seems seen
    shall she should similar simply since so some someone something sometimes soon still such sure take taken
    takes than thank thanks that the their them then there therefore these they thing things think this those
    though through thus to together too took toward tried tries try trying two under unless until up
    upon us use used useful uses using usually very via want wanted wants was way we well went were what
    whatever when whenever where whether which while who whole whom whose why will wish with within without wont
    work worked working works would yes yet you your don doesn didn isn wasn aren won couldn shouldn wouldn ve
    ll re etc ie eg
    """
)

TEMPLATE = word_set(
    """actual actually add added adding additional behavior behaviour bug bugs case cases change changed changes code
    correct correctly create created current currently describe described description details error errors
    example examples expect expected fail failed failing fails file files fix fixed fixes following follows
    happen happened happening happens implement implemented implements improve issue issues latest line lines
    most new old problem problems proposed provide remove removed reproduce reproducible reproduction result
    results run running runs simple solution steps step suggestion test tests traceback unexpected update
    updated updates version versions wrong first second third http https www com org github html issuecomment
    recent
    """
)

KEYWORDS = word_set(
    """class const def elif except false final fn func function import let nil none null print private pub public
    return self static str true use var void
    """
)

STOP_WORDS = ENGLISH | TEMPLATE | KEYWORDS
