"""Who may do what, address by address. A route that is missing here fails the tests; a new one needs one line.

    METHOD  ADDRESS as in the URL map             THING            WHO MAY, seen from the thing

THING is ``-`` for a page about nothing in particular, else a name of ``things.py``: what the address names. Several
lines may stand for one address: one for each kind of thing on which rights differ.

WHO, for a page without a thing: ``visitor`` ``newcomer`` (signed in, acts for nobody) ``member`` ``admin`` (of an
organisation) ``manager`` (of a cluster) ``platform`` (the platform admin).
For a thing of an organisation, besides: ``fellow`` (acts for another organisation of the same cluster) ``stranger``
(for one of another cluster) ``far-manager`` (manages another cluster). ``member``, ``admin`` and ``manager`` are then
those of the thing's own organisation and cluster.
For a thing of a person: ``self`` and ``others``.
``everybody`` is all of these, ``signed-in`` all but the visitor.

The test asks each line as every role, for the own organisation's thing, another's, another cluster's, a deleted one
and one that never was. Who is not named is answered exactly as if the thing did not exist.
"""

TABLE = """
# --- Lists as files: whoever may read the page may take its rows along
GET  /search.<file:format>                        -             everybody
GET  /test-fields/list.<file:format>              -             everybody
GET  /organisations/<public_id>/competences.<file:format>  organisation  everybody
GET  /organisations/<public_id>/evidence.<file:format>     organisation  everybody
GET  /needs/mine.<file:format>                    -             signed-in
GET  /offers.<file:format>                        -             signed-in
GET  /offers/evidence.<file:format>               -             signed-in
GET  /test-fields/mine.<file:format>              -             signed-in
GET  /searches/list.<file:format>                 -             signed-in
GET  /searches/<public_id>/found.<file:format>    watch         self
GET  /introductions/list.<file:format>            -             member admin
GET  /introductions/desk.<file:format>            -             manager
GET  /desk/needs.<file:format>                    -             manager
GET  /desk/not-found.<file:format>                -             manager
GET  /desk/gaps.<file:format>                     -             manager
GET  /desk/imports/list.<file:format>             -             manager platform
GET  /reports/list.<file:format>                  -             manager platform
GET  /users.<file:format>                         -             platform
GET  /audit.<file:format>                         -             platform
GET  /organisations/<public_id>/audit.<file:format>  organisation  admin
GET  /desk/board                                  -             manager
GET  /desk/board.<file:format>                    -             manager
GET  /verdicts/list.<file:format>                 -             manager
GET  /cluster/members.<file:format>               -             manager
GET  /suggestions/need/<public_id>/list.<file:format>          members-need  member admin manager
GET  /suggestions/need/<public_id>/list.<file:format>          private-need  member admin
GET  /suggestions/competence/<public_id>/list.<file:format>    members-competence  member admin manager
GET  /suggestions/organisation/<public_id>/list.<file:format>  organisation  member admin manager
GET  /suggestions/teaser/<public_id>/list.<file:format>        teaser        manager far-manager

# --- What is public, as programs read it
GET  /feeds/needs.atom                            -             everybody
GET  /feeds/test-fields.atom                      -             everybody
GET  /organisations/<public_id>.<linked:form>     organisation  everybody
GET  /organisations/<public_id>/qr.svg            organisation  everybody
GET  /profiles/<public_id>.<linked:form>          profile       everybody
GET  /profiles/<public_id>/qr.svg                 profile       everybody
GET  /competences/<public_id>.<linked:form>       competence    everybody
GET  /competences/<public_id>.<linked:form>       members-competence  nobody
GET  /competences/<public_id>/qr.svg              competence    everybody
GET  /needs/<public_id>.<linked:form>             need          everybody
GET  /needs/<public_id>.<linked:form>             teaser-need   nobody
GET  /needs/<public_id>/qr.svg                    need          everybody
GET  /needs/<public_id>/qr.svg                    teaser-need   nobody
GET  /test-fields/<public_id>.<linked:form>       test-field    everybody
GET  /test-fields/<public_id>.<linked:form>       draft-test-field  nobody
GET  /test-fields/<public_id>/qr.svg              test-field    everybody
GET  /evidence/<public_id>.<linked:form>          evidence      everybody
GET  /evidence/<public_id>/qr.svg                 evidence      everybody

# --- Privacy and the audit trail
GET  /privacy                                     -             everybody
GET  /privacy/register                            -             platform
GET  /account/privacy                             -             signed-in
POST /account/privacy/export                      -             signed-in
POST /account/privacy/matching                    -             signed-in
POST /account/privacy/erase                       -             signed-in
GET  /organisations/<public_id>/data              organisation  admin
POST /organisations/<public_id>/data/export       organisation  admin
POST /organisations/<public_id>/data/matching     organisation  admin
POST /organisations/<public_id>/data/erase        organisation  admin
GET  /api/v1/me/agreements                        -             signed-in
POST /api/v1/me/export                            -             signed-in
POST /api/v1/organisations/<public_id>/export     organisation  admin
GET  /api/v1/organisations/<public_id>/matching   organisation  admin
PUT  /api/v1/organisations/<public_id>/matching   matched-organisation  admin
GET  /api/v1/organisations/<public_id>/audit      organisation  admin
GET  /organisations/<public_id>/audit             organisation  admin
GET  /audit                                       -             platform

# --- Home, health, files
GET  /                                            -             everybody
GET  /healthz                                     -             everybody
GET  /readyz                                      -             everybody
GET  /static/<path:filename>                      file          everybody
GET  /bootstrap/static/<path:filename>            library-file  everybody
GET  /fs-static/<path:filename>                   no-file       nobody
GET  /api/v1/openapi.json                         -             everybody
GET  /programs                                    -             everybody
GET  /programs/<key>                              api-section   everybody
GET  /language/<code>                             language      everybody

# --- Signing in
GET  /sign-in                                     -             everybody
POST /sign-in                                     -             everybody
POST /sign-out                                    -             everybody
GET  /sign-up                                     -             everybody
POST /sign-up                                     -             everybody
GET  /recover                                     -             everybody
POST /recover                                     -             everybody
GET  /recover/<token>                             no-token      everybody
POST /recover/<token>                             no-token      everybody
GET  /confirm                                     -             everybody
POST /confirm                                     -             everybody
GET  /confirm/<token>                             no-token      everybody
POST /confirm/<token>                             no-token      everybody
# Steps after the password: nobody gets there without it, and who is in already is sent on.
GET  /sign-in/code                                -             nobody
POST /sign-in/code                                -             nobody
GET  /sign-in/recovery-code                       -             signed-in
POST /sign-in/recovery-code                       -             signed-in
GET  /sign-in/second-step                         -             nobody
POST /sign-in/second-step                         -             nobody
GET  /sign-in/rescue                              -             nobody
POST /sign-in/rescue                              -             nobody
GET  /sign-in/passkey                             -             everybody
POST /sign-in/passkey                             -             everybody
POST /sign-in/passkey/<token>                     no-token      nobody
GET  /sign-in/with/<provider>                     no-provider   nobody
GET  /sign-in/with/<provider>/back                no-provider   nobody
POST /account/providers/<provider>/connect        no-provider   nobody
POST /account/providers/<provider>/disconnect     no-provider   nobody
GET  /account/check-mail                          -             everybody

# --- One's own account
GET  /account                                     -             signed-in
POST /account                                     -             signed-in
GET  /account/password                            -             signed-in
POST /account/password                            -             signed-in
GET  /account/verify                              -             signed-in
POST /account/verify                              -             signed-in
GET  /account/email                               -             signed-in
POST /account/email                               -             signed-in
GET  /account/email/<token>                       no-token      everybody
POST /account/email/<token>                       no-token      everybody
GET  /account/second-step                         -             signed-in
GET  /account/app                                 -             signed-in
POST /account/app                                 -             signed-in
POST /account/app/<token>                         no-token      signed-in
GET  /account/recovery-codes                      -             signed-in
POST /account/recovery-codes                      -             signed-in
GET  /account/passkeys                            -             signed-in
POST /account/passkeys                            -             signed-in
POST /account/passkeys/<token>                    no-token      signed-in
GET  /account/passkeys/delete                     -             signed-in
POST /account/passkeys/delete                     -             signed-in
GET  /account/verify/passkey                      -             signed-in
POST /account/verify/passkey                      -             signed-in
POST /account/verify/passkey/<token>              no-token      signed-in
GET  /account/sign-ins                            -             signed-in
GET  /users                                       -             platform
POST /users/<public_id>/suspend                   person        platform
POST /users/<public_id>/reinstate                 person        platform
POST /users/<public_id>/end-sign-ins              person        platform
POST /account/sign-ins/end-others                 -             signed-in
POST /account/sign-ins/<public_id>/end            sign-in       self
GET  /account/tokens                              -             signed-in
POST /account/tokens                              -             signed-in
POST /account/tokens/<public_id>/revoke           token         self
GET  /account/webhooks                            -             signed-in
POST /account/webhooks                            -             signed-in
POST /account/webhooks/<public_id>/drop           webhook       self
POST /account/webhooks/<public_id>/try            webhook       self
POST /account/webhooks/deliveries/<public_id>/again  delivery   self

# --- What one is told
GET  /inbox                                       -             signed-in
POST /inbox                                       news-mark     self
GET  /inbox/<public_id>                           news          self
POST /inbox/<public_id>/read                      news          self
POST /inbox/<public_id>/unread                    news          self
GET  /api/v1/inbox                                -             signed-in
POST /api/v1/inbox/<public_id>/read               news          self
GET  /api/v1/inbox-preferences                    -             signed-in
PATCH /api/v1/inbox-preferences                   -             signed-in
GET  /account/notifications                       -             signed-in
POST /account/notifications                       -             signed-in
GET  /searches                                    -             signed-in
POST /searches                                    -             signed-in
GET  /searches/<public_id>                        watch         self
POST /searches/<public_id>/rename                 watch         self
POST /searches/<public_id>/drop                   watch         self
GET  /mails                                       -             platform
POST /mails/<token>/again                         dead-letter   platform
POST /mails/<token>/drop                          dead-letter   platform
GET  /unsubscribe/<token>                         no-token      nobody
POST /unsubscribe/<token>                         no-token      nobody

# --- Mails that were given up
GET  /mails                                       -             platform
POST /mails/<token>/again                         given-up      platform
POST /mails/<token>/drop                          given-up      platform

# --- Clusters, organisations, people
GET  /arrive                                      -             signed-in
GET  /start                                       -             signed-in
GET  /clusters                                    -             platform
POST /clusters                                    -             platform
POST /clusters/<public_id>/second-step            cluster       platform
POST /clusters/<public_id>/managers               cluster       platform
POST /clusters/<public_id>/managers/<user_id>/dismiss  managing  platform
GET  /cluster/members                             -             manager
GET  /organisations                               -             everybody
GET  /organisations.<file:format>                 -             everybody
GET  /organisations/new                           -             signed-in
POST /organisations/new                           -             signed-in
GET  /organisations/join                          -             signed-in
GET  /organisations/edit                          -             admin
POST /organisations/edit                          -             admin
GET  /organisations/people                        -             admin
GET  /organisations/<public_id>                   organisation  everybody
GET  /organisations/<public_id>/evidence          organisation  everybody
POST /organisations/<public_id>/ask               joinable      signed-in
GET  /organisations/<public_id>/edit              organisation  admin
POST /organisations/<public_id>/edit              organisation  admin
GET  /organisations/<public_id>/people            organisation  admin
GET  /organisations/<public_id>/people            orphan        manager
POST /organisations/<public_id>/invite            organisation  admin
POST /organisations/<public_id>/invite            orphan        manager
GET  /invitations/<public_id>                     invitation    everybody
POST /invitations/<public_id>/accept              invitation    signed-in
POST /invitations/<public_id>/withdraw            invitation    admin
POST /memberships/<public_id>/leave               own-membership  self
POST /memberships/<public_id>/hand-over           membership    admin
POST /memberships/<public_id>/accept              asking        admin
POST /memberships/<public_id>/accept              asking-orphan manager
POST /memberships/<public_id>/refuse              asking        admin
POST /memberships/<public_id>/refuse              asking-orphan manager
POST /memberships/<public_id>/make-admin          membership    admin
POST /memberships/<public_id>/make-member         membership    admin
POST /memberships/<public_id>/remove              membership    admin
POST /memberships/<public_id>/withdraw            own-asking    self

# --- Needs
GET  /needs/mine                                  -             signed-in
GET  /needs/new                                   -             signed-in
POST /needs/new                                   -             signed-in
POST /needs/review                                -             member admin
GET  /needs/<public_id>                           need          everybody
GET  /needs/<public_id>                           members-need  member admin fellow manager
GET  /needs/<public_id>                           private-need  member admin
GET  /needs/<public_id>                           draft-need    member admin
GET  /needs/<public_id>                           teaser-need     member admin
GET  /needs/<public_id>                           entrusted-need  member admin manager
GET  /competences/<public_id>                     teaser-competence     member admin
GET  /competences/<public_id>                     entrusted-competence  member admin manager
GET  /test-fields/<public_id>                     teaser-test-field     member admin
GET  /test-fields/<public_id>                     entrusted-test-field  member admin manager
GET  /needs/<public_id>/edit                      entrusted-need  member admin
GET  /teasers/<public_id>                         teaser  member admin manager fellow stranger far-manager platform
GET  /open-text                                   -               platform
POST /open-text                                   -               platform
GET  /needs/<public_id>/edit                      need          member admin
POST /needs/<public_id>/edit                      need          member admin
GET  /needs/<public_id>/edit                      private-need  member admin
POST /needs/<public_id>/publish                   draft-need    member admin
POST /needs/<public_id>/renew                     need          member admin
POST /needs/<public_id>/met                       need          member admin
POST /needs/<public_id>/close                     need          member admin
POST /needs/<public_id>/delete                    draft-need    member admin

# --- Offers: competences, evidence, profiles
GET  /offers                                      -             signed-in
GET  /offers/evidence                             -             signed-in
GET  /offers/build/                               -             signed-in
POST /offers/build/                               -             member admin
POST /offers/build/keep                           -             member admin
GET  /competences/new                             -             signed-in
POST /competences/new                             -             signed-in
POST /competences/review                          -             member admin
GET  /competences/<public_id>                     competence    everybody
GET  /competences/<public_id>                     members-competence  member admin fellow manager
GET  /competences/<public_id>                     draft-competence    member admin
GET  /competences/<public_id>/edit                competence    member admin
POST /competences/<public_id>/edit                competence    member admin
POST /competences/<public_id>/publish             draft-competence    member admin
POST /competences/<public_id>/renew               competence    member admin
POST /competences/<public_id>/withdraw            competence    member admin
POST /competences/<public_id>/delete              draft-competence    member admin
POST /competences/<public_id>/evidence            attachable    member admin
POST /competences/<public_id>/evidence/<evidence_id>/detach  backing  member admin
GET  /evidence/new                                -             signed-in
POST /evidence/new                                -             signed-in
GET  /evidence/<public_id>                        evidence      everybody
GET  /evidence/<public_id>                        draft-evidence  member admin
GET  /evidence/<public_id>/edit                   evidence      member admin
POST /evidence/<public_id>/edit                   evidence      member admin
POST /evidence/<public_id>/publish                draft-evidence  member admin
POST /evidence/<public_id>/renew                  evidence      member admin
POST /evidence/<public_id>/withdraw               evidence      member admin
POST /evidence/<public_id>/delete                 draft-evidence  member admin
GET  /profiles/new                                -             signed-in
POST /profiles/new                                -             signed-in
GET  /profiles/<public_id>                        profile       everybody
GET  /profiles/<public_id>                        draft-profile member admin
GET  /profiles/<public_id>/edit                   profile       member admin
POST /profiles/<public_id>/edit                   profile       member admin
POST /profiles/<public_id>/publish                draft-profile member admin
POST /profiles/<public_id>/withdraw               profile       member admin
POST /profiles/<public_id>/delete                 draft-profile member admin

# --- Test fields
GET  /test-fields/                                -             everybody
GET  /test-fields/mine                            -             signed-in
GET  /test-fields/new                             -             signed-in
POST /test-fields/new                             -             signed-in
POST /test-fields/review                          -             member admin
GET  /test-fields/<public_id>                     test-field    everybody
GET  /test-fields/<public_id>                     draft-test-field  member admin
GET  /test-fields/<public_id>/edit                test-field    member admin
POST /test-fields/<public_id>/edit                test-field    member admin
POST /test-fields/<public_id>/publish             draft-test-field  member admin
POST /test-fields/<public_id>/renew               test-field    member admin
POST /test-fields/<public_id>/withdraw            test-field    member admin
POST /test-fields/<public_id>/delete              draft-test-field  member admin

# --- The same things through the API
GET    /api/v1/organisations                            -                     signed-in
POST   /api/v1/organisations                            -                     signed-in
GET    /api/v1/organisations/<public_id>                organisation          signed-in
PATCH  /api/v1/organisations/<public_id>                organisation          admin
GET    /api/v1/teasers                                  -                     member admin manager platform
GET  /api/v1/teasers/<public_id>  teaser  member admin manager fellow stranger far-manager platform
GET    /api/v1/needs                                    -                     signed-in
POST   /api/v1/needs                                    -                     member admin
GET    /api/v1/needs/<public_id>                        need                  signed-in
GET    /api/v1/needs/<public_id>                        draft-need            member admin
GET    /api/v1/needs/<public_id>                        members-need          member admin fellow manager
GET    /api/v1/needs/<public_id>                        teaser-need           member admin
GET    /api/v1/needs/<public_id>                        entrusted-need        member admin manager
PATCH  /api/v1/needs/<public_id>                        entrusted-need        member admin
DELETE /api/v1/needs/<public_id>                        draft-need            member admin
POST   /api/v1/needs/<public_id>/publish                draft-need            member admin
POST   /api/v1/needs/<public_id>/renew                  need                  member admin
POST   /api/v1/needs/<public_id>/withdraw               need                  member admin
POST   /api/v1/needs/<public_id>/met                    need                  member admin
GET    /api/v1/competences                              -                     signed-in
POST   /api/v1/competences                              -                     member admin
GET    /api/v1/competences/<public_id>                  competence            signed-in
GET    /api/v1/competences/<public_id>                  draft-competence      member admin
PATCH  /api/v1/competences/<public_id>                  competence            member admin
DELETE /api/v1/competences/<public_id>                  draft-competence      member admin
POST   /api/v1/competences/<public_id>/publish          draft-competence      member admin
POST   /api/v1/competences/<public_id>/renew            competence            member admin
POST   /api/v1/competences/<public_id>/withdraw         competence            member admin
GET    /api/v1/test-fields                              -                     signed-in
POST   /api/v1/test-fields                              -                     member admin
GET    /api/v1/test-fields/<public_id>                  test-field            signed-in
GET    /api/v1/test-fields/<public_id>                  draft-test-field      member admin
PATCH  /api/v1/test-fields/<public_id>                  test-field            member admin
DELETE /api/v1/test-fields/<public_id>                  draft-test-field      member admin
POST   /api/v1/test-fields/<public_id>/publish          draft-test-field      member admin
POST   /api/v1/test-fields/<public_id>/renew            test-field            member admin
POST   /api/v1/test-fields/<public_id>/withdraw         test-field            member admin
GET    /api/v1/evidence                                 -                     signed-in
POST   /api/v1/evidence                                 -                     member admin
GET    /api/v1/evidence/<public_id>                     evidence              signed-in
GET    /api/v1/evidence/<public_id>                     draft-evidence        member admin
PATCH  /api/v1/evidence/<public_id>                     evidence              member admin
DELETE /api/v1/evidence/<public_id>                     draft-evidence        member admin
POST   /api/v1/evidence/<public_id>/publish             draft-evidence        member admin
POST   /api/v1/evidence/<public_id>/renew               evidence              member admin
POST   /api/v1/evidence/<public_id>/withdraw            evidence              member admin
GET    /api/v1/profiles                                 -                     signed-in
POST   /api/v1/profiles                                 -                     member admin
GET    /api/v1/profiles/<public_id>                     profile               signed-in
GET    /api/v1/profiles/<public_id>                     draft-profile         member admin
PATCH  /api/v1/profiles/<public_id>                     profile               member admin
DELETE /api/v1/profiles/<public_id>                     draft-profile         member admin
POST   /api/v1/profiles/<public_id>/publish             draft-profile         member admin
POST   /api/v1/profiles/<public_id>/withdraw            profile               member admin
POST   /api/v1/competences/<public_id>/evidence         attachable            member admin
DELETE /api/v1/competences/<public_id>/evidence/<evidence_id>  backing               member admin
GET    /api/v1/me                                       -                  signed-in
PATCH  /api/v1/me                                       -                  signed-in
GET    /api/v1/clusters                                 -                  signed-in
GET    /api/v1/needs/<public_id>/suggestions            entrusted-need     member admin manager
GET    /api/v1/competences/<public_id>/suggestions      draft-competence   member admin
GET    /api/v1/organisations/<public_id>/suggestions    organisation       member admin manager
GET    /api/v1/suggestions/answers                      -                  member admin manager
POST   /api/v1/suggestions/answers                      -                  member admin manager
GET    /api/v1/verdicts                                 -                  manager
POST   /api/v1/verdicts                                 -                  manager
POST   /api/v1/verdicts/<public_id>/withdraw            verdict            manager
GET    /api/v1/exports                                  -                  manager
POST   /api/v1/exports                                  -                  manager
POST   /api/v1/exports/<public_id>/file                 export             manager
GET    /api/v1/imports                                  -                  manager platform
POST   /api/v1/imports                                  -                  manager platform
GET    /api/v1/imports/<public_id>                      import             manager
GET    /api/v1/imports/<public_id>/preview              import             manager
GET    /api/v1/imports/<public_id>/rows                 import             manager
POST   /api/v1/imports/<public_id>/reading       import             manager
POST   /api/v1/imports/<public_id>/mapping              import             manager
POST   /api/v1/imports/<public_id>/start                import             manager
POST   /api/v1/imports/<public_id>/pause                import             manager
POST   /api/v1/imports/<public_id>/resume               import             manager
POST   /api/v1/imports/<public_id>/cancel               import             manager
POST   /api/v1/imports/<public_id>/undo                 import             manager

# --- Search and suggestions
GET  /search                                      -             everybody
GET  /api/v1/search                               -             signed-in
POST /api/v1/suggest                              -             member admin manager
GET  /suggestions/text                            -             member admin manager
POST /suggestions/text                            -             member admin manager
POST /suggestions/preview                         -             member admin manager
POST /suggestions/answer                          answer        member admin
GET  /suggestions/need/<public_id>                need          member admin manager
GET  /suggestions/need/<public_id>                members-need  member admin manager
GET  /suggestions/need/<public_id>                private-need  member admin
GET  /suggestions/need/<public_id>                teaser-need     member admin
GET  /suggestions/need/<public_id>                entrusted-need  member admin manager
GET  /suggestions/teaser/<public_id>              teaser          manager far-manager
GET  /suggestions/need/<public_id>/compare        members-need  member admin manager
GET  /suggestions/need/<public_id>/compare        private-need  member admin
GET  /suggestions/need/<public_id>/team           members-need  member admin manager
GET  /suggestions/need/<public_id>/team           private-need  member admin
POST /suggestions/need/<public_id>/team/propose   members-need  manager
POST /suggestions/need/<public_id>/team/propose   private-need  nobody
GET  /suggestions/competence/<public_id>          members-competence  member admin manager
GET  /suggestions/competence/<public_id>          draft-competence    member admin
GET  /suggestions/organisation/<public_id>        organisation  member admin manager

# --- Introductions
GET  /introductions/                              -             member admin
GET  /introductions/ask/<public_id>               organisation  newcomer fellow stranger manager far-manager platform
POST /introductions/ask/<public_id>               organisation  newcomer fellow stranger manager far-manager platform
GET  /introductions/<public_id>                   introduction  member admin
GET  /introductions/<public_id>/accept            introduction  member admin
POST /introductions/<public_id>/accept            introduction  member admin
GET  /introductions/<public_id>/renew             introduction  member admin
POST /introductions/<public_id>/renew             introduction  member admin
GET  /introductions/<public_id>/decline           introduction  member admin
POST /introductions/<public_id>/decline           introduction  member admin
POST /introductions/<public_id>/withdraw          introduction  member admin
GET  /introductions/interest                      -             member admin
POST /introductions/interest                      interest      fellow stranger
GET  /introductions/limits                        -             member admin
POST /introductions/limits                        -             member admin
POST /introductions/blocks/<public_id>            organisation  fellow stranger
POST /introductions/blocks/<public_id>/lift       block         member admin
POST /introductions/<public_id>/messages          accepted      member admin
GET  /introductions/<public_id>/files/<file_id>   message-file  member admin
POST /introductions/<public_id>/note              accepted      member admin
POST /introductions/<public_id>/meetings/         accepted      member admin
POST /introductions/<public_id>/meetings/<meeting_id>/pick    meeting  member admin
POST /introductions/<public_id>/meetings/<meeting_id>/cancel  meeting  member admin
POST /introductions/<public_id>/meetings/<meeting_id>/held    meeting  member admin
POST /introductions/<public_id>/outcomes          accepted      member admin
POST /introductions/<public_id>/outcomes/<outcome_id>  outcome  member admin
POST /introductions/<public_id>/story             accepted      member admin
POST /introductions/<public_id>/story/consent     story         member admin
GET  /stories                                     -             everybody
GET  /api/v1/introductions                        -             member admin
POST /api/v1/introductions                        -             member admin
GET  /api/v1/consent-screen                       -             member admin
GET  /api/v1/introductions/<public_id>            introduction  member admin
POST /api/v1/introductions/<public_id>/accept     introduction  member admin
POST /api/v1/introductions/<public_id>/renew      introduction  member admin
POST /api/v1/introductions/<public_id>/decline    introduction  member admin
POST /api/v1/introductions/<public_id>/withdraw   introduction  member admin
GET  /api/v1/introductions/<public_id>/messages   accepted      member admin
POST /api/v1/introductions/<public_id>/messages   accepted      member admin
POST /api/v1/introductions/<public_id>/files      accepted      member admin
GET  /api/v1/introductions/<public_id>/files/<file_id>  message-file  member admin
GET  /api/v1/introductions/<public_id>/note       accepted      member admin
PUT  /api/v1/introductions/<public_id>/note       noting        member admin
GET  /api/v1/introductions/<public_id>/meetings   accepted      member admin
POST /api/v1/introductions/<public_id>/meetings   proposing     member admin
POST /api/v1/introductions/<public_id>/meetings/<meeting_id>/pick    picking  member admin
POST /api/v1/introductions/<public_id>/meetings/<meeting_id>/cancel  meeting  member admin
POST /api/v1/introductions/<public_id>/meetings/<meeting_id>/held    holding  member admin
GET  /api/v1/introductions/<public_id>/outcomes   accepted      member admin
POST /api/v1/introductions/<public_id>/outcomes   reporting     member admin
POST /api/v1/introductions/<public_id>/outcomes/<outcome_id>  outcome  member admin
POST /api/v1/introductions/<public_id>/story      telling       member admin
POST /api/v1/introductions/<public_id>/story/consent  story     member admin
GET  /api/v1/stories                              -             signed-in
GET  /api/v1/introduction-limits                  -             member admin
PUT  /api/v1/introduction-limits                  -             member admin
GET  /api/v1/blocks                               -             member admin
POST /api/v1/blocks                               -             member admin
DELETE /api/v1/blocks/<public_id>                 block         member admin
GET  /api/v1/interests                            -             member admin
POST /api/v1/interests                            -             member admin
GET  /api/v1/brokering                            -             manager
POST /api/v1/brokering                            -             manager
GET  /api/v1/brokering/rules                      -             manager
PUT  /api/v1/brokering/rules/<public_id>          rules         manager
GET  /api/v1/brokering/<public_id>                brokered      manager
POST /api/v1/brokering/<public_id>/pass-on        brokered      manager
POST /api/v1/brokering/<public_id>/return         brokered      manager
GET  /introductions/desk                          -             manager
GET  /introductions/desk/<public_id>              brokered      manager
POST /introductions/desk/<public_id>/pass-on      brokered      manager
POST /introductions/desk/<public_id>/return       brokered      manager
GET  /introductions/desk/propose/<public_id>      need          manager
POST /introductions/desk/propose/<public_id>      need          manager
GET  /introductions/desk/propose/<public_id>      teaser        nobody
POST /introductions/desk/propose/<public_id>      teaser        nobody
POST /introductions/desk/rules/<public_id>        cluster       manager

# --- Curation
GET  /desk/                                       -             manager
GET  /verdicts/                                   -             manager
GET  /verdicts/propose                            -             manager
POST /verdicts/give                               pair          manager
POST /verdicts/give                               private-pair  nobody
POST /verdicts/give                               teaser-pair   manager far-manager
POST /verdicts/<public_id>/withdraw               verdict       manager

# --- The glossary, which all clusters of an installation share
GET  /suggestions/glossary                        -             manager
GET  /suggestions/glossary/entry                  -             manager
POST /suggestions/glossary/entry                  -             manager
GET  /suggestions/glossary/history                -             manager
POST /suggestions/glossary/remove                 glossary-entry   manager far-manager
POST /suggestions/glossary/<public_id>/undo       glossary-change  manager far-manager

# --- The learned order
GET  /suggestions/order                           -             manager
POST /suggestions/order/<public_id>/switch        cluster       manager
POST /suggestions/order/<public_id>/learn         cluster       manager

# --- Taking a cluster along
GET  /desk/exports/                               -             manager
POST /desk/exports/<public_id>                    cluster       manager
POST /desk/exports/<public_id>/file               export        manager

# --- Imports
GET  /desk/imports/                               -             manager platform
POST /desk/imports/                               -             manager platform
POST /desk/imports/ror                            -             manager
GET  /desk/imports/<public_id>                    import        manager
GET  /desk/imports/<public_id>/result.csv         import        manager
POST /desk/imports/<public_id>/columns            import        manager
POST /desk/imports/<public_id>/reading            import        manager
POST /desk/imports/<public_id>/pause              import        manager
POST /desk/imports/<public_id>/resume             import        manager
POST /desk/imports/<public_id>/cancel             import        manager
POST /desk/imports/<public_id>/undo               import        manager

# --- Reports
GET  /reports/about/<public_id>                   need            newcomer fellow stranger manager far-manager platform
POST /reports/about/<public_id>                   need            newcomer fellow stranger manager far-manager platform
GET  /reports/about/<public_id>                   members-need    fellow manager
GET  /reports/about/<public_id>                   draft-need      nobody
GET  /reports/about/<public_id>                   organisation    newcomer fellow stranger manager far-manager platform
GET  /reports/about/<public_id>                   teaser          fellow stranger manager far-manager platform
GET  /reports/                                    -               manager platform
GET  /reports/<public_id>                         report          manager platform
GET  /reports/<public_id>                         teaser-report   platform
GET  /reports/<public_id>                         taken-down      member admin manager platform
POST /reports/<public_id>/decide                  report          manager platform
POST /reports/<public_id>/decide                  teaser-report   platform
POST /reports/<public_id>/put-back                taken-down      manager platform
POST /api/v1/reports                              reported-need   newcomer fellow stranger manager far-manager platform
POST /api/v1/reports                              reported-teaser  fellow stranger manager far-manager platform
GET  /api/v1/reports                              -               manager platform
GET  /api/v1/reports/<public_id>                  report          manager platform
GET  /api/v1/reports/<public_id>                  teaser-report   platform
GET  /api/v1/reports/<public_id>                  taken-down      member admin manager platform
POST /api/v1/reports/<public_id>/decide           report          manager platform
POST /api/v1/reports/<public_id>/decide           teaser-report   platform
POST /api/v1/reports/<public_id>/put-back         taken-down      manager platform
"""
