package arch

// The tables. Each row says why, in words for the person whose import was refused.

// pkg is a row of the import table.
type pkg struct {
	path string // inside the module
	// rank: a package imports strictly lower ranks only.
	rank int
	// testsOnly: may import anything; imported only by tests and by other such packages.
	testsOnly bool
	// tree: the row stands for every folder below it as well.
	tree bool
	owns string
}

// packages is the import table: every package that the module has or will have.
var packages = []pkg{
	{path: "internal/fault", rank: 0, owns: "the error that crosses packages"},

	{path: "internal/model", rank: 1, owns: "what a model, a property and a kind are; knows no particular model"},
	{path: "internal/kept", rank: 0, owns: "what is true for ever, in memory"},

	{path: "internal/mail", rank: 1, owns: "how a mail leaves; what it says is people's"},
	{path: "internal/picture", rank: 1, owns: "pictures of strangers, drawn anew"},
	{path: "internal/outbound", rank: 1, owns: "the HTTP client for addresses that strangers give"},
	{path: "internal/config", rank: 1, owns: "the option table; everyone above is handed values, not options"},

	{path: "internal/doctor", rank: 1, owns: "the examination of an installation from outside; knows it by its addresses only"},

	{path: "internal/query", rank: 2, owns: "filters and sorts as trees; needs property kinds from model"},
	{path: "internal/catalog", rank: 2, owns: "the declarations; data written in the words of model"},

	{path: "internal/access", rank: 3, owns: "permission decisions; row rules are query trees"},

	{path: "internal/audit", rank: 4, owns: "the append-only log; records who, as access names them"},
	{path: "internal/schema", rank: 4, owns: "the live registry: the catalog and the custom properties of a tenant"},

	{path: "internal/identity", rank: 5, owns: "people, teams, sessions; what changes in them is audit's to record"},
	{path: "internal/record", rank: 5, owns: "the gate; asks access, schema and audit"},

	{path: "internal/oauth", rank: 6, owns: "the authorization server; people from identity, sets from access"},
	{path: "internal/privateapp", rank: 6, owns: "accounts of programs and their tokens"},
	{path: "internal/customfield", rank: 6, owns: "what people do to the data model of their tenant"},
	{path: "internal/people", rank: 6, owns: "invitations and password resets, over identity, the gate and mail"},
	{path: "internal/transfer", rank: 6, owns: "import and export, through the gate"},
	{path: "internal/assistant/llm", rank: 6, owns: "language-model providers; a part of the assistant"},
	{path: "internal/assistant/planner", rank: 6, owns: "the offline planner; a part of the assistant"},

	{path: "internal/explain", rank: 7, owns: "questions about permissions in people's words, over identity, oauth and the gate"},
	{path: "internal/assistant", rank: 7, owns: "the MCP host; holds its providers"},
	{path: "internal/console", rank: 7, owns: "what super admins do: tenants, the reach of clients, the log above tenants"},
	{path: "internal/demo", rank: 7, owns: "the demo tenant, made through the services"},

	{path: "internal/store", rank: 8, owns: "the sum of the Store interfaces that the services declare"},
	{path: "internal/store/storetest", rank: 9, testsOnly: true, owns: "what every engine must do, as a suite"},
	{path: "internal/store/sqlstore", rank: 9, owns: "the SQL that both engines share"},
	{path: "internal/store/sqlite", rank: 10, owns: "Open and the dialect, over sqlstore"},
	{path: "internal/store/postgres", rank: 10, owns: "Open and the dialect, over sqlstore"},

	{path: "internal/web/assets", rank: 9, owns: "the embedded styles, scripts and fonts"},
	{path: "internal/web/kit", rank: 10, owns: "parts of pages that know no page"},
	{path: "internal/rest", rank: 11, owns: "the REST surface: translates, never decides"},
	{path: "internal/mcpserver", rank: 11, owns: "the MCP surface: translates, never decides"},
	{path: "internal/web", rank: 11, owns: "the pages: translate, never decide"},

	{path: "internal/app", rank: 12, owns: "the composition root, the one place that knows everything"},
	{path: "internal/docgen", rank: 12, owns: "reference documents, made from every package's declarations"},
	{path: "cmd/mandorla", rank: 13, owns: "the command line over app"},

	{path: "internal/testkit", rank: 14, testsOnly: true, owns: "a server and principals for tests"},
	{path: "internal/testkit/mailbox", rank: 14, testsOnly: true, owns: "a mail server for a test"},
	{path: "internal/testkit/clock", rank: 14, testsOnly: true, owns: "a time that a test moves"},
	{path: "internal/testkit/fuse", rank: 14, testsOnly: true, owns: "statements that fail, between a store and its driver"},
	{path: "internal/testkit/pg", rank: 14, testsOnly: true, owns: "a PostgreSQL database for a test"},
	{path: "internal/testkit/outside", rank: 14, testsOnly: true, owns: "the world outside, for the guarded client"},
	{path: "internal/arch", rank: 14, testsOnly: true, owns: "this table"},
	{path: "internal/arch/mutate", rank: 14, testsOnly: true, owns: "the proof by mutation, a command for make prove"},
	{path: "e2e", rank: 14, testsOnly: true, tree: true, owns: "the walk from outside"},
	{path: "bench", rank: 14, testsOnly: true, tree: true, owns: "benchmarks over app"},
}

// denial forbids imports that the ranks alone would allow. Both ends mean a package and what is below it.
type denial struct {
	from, to string
	except   []string // trees
	why      string
}

var denials = []denial{
	{from: "internal/rest", to: "internal/store", why: "a surface calls services; it never sees storage"},
	{from: "internal/mcpserver", to: "internal/store", why: "a surface calls services; it never sees storage"},
	{from: "internal/web", to: "internal/store", why: "a surface calls services; it never sees storage"},

	{from: "internal/rest", to: "internal/mcpserver", why: "surfaces do not know each other; what two need belongs to a service"},
	{from: "internal/rest", to: "internal/web", why: "surfaces do not know each other; what two need belongs to a service"},
	{from: "internal/mcpserver", to: "internal/rest", why: "surfaces do not know each other; what two need belongs to a service"},
	{from: "internal/mcpserver", to: "internal/web", why: "surfaces do not know each other; what two need belongs to a service"},
	{from: "internal/web", to: "internal/rest", why: "surfaces do not know each other; what two need belongs to a service"},
	{from: "internal/web", to: "internal/mcpserver", why: "surfaces do not know each other; what two need belongs to a service"},

	{from: "internal/web/kit", to: "internal", except: []string{"internal/fault", "internal/web/assets"}, why: "the kit knows no page and no service; views are handed to it"},

	{from: "internal/assistant", to: "internal/record", why: "the assistant reaches customer data only through MCP"},
	{from: "internal/assistant", to: "internal/transfer", why: "the assistant reaches customer data only through MCP"},
	{from: "internal/assistant", to: "internal/schema", why: "the assistant reaches customer data only through MCP"},
}

// thirdParty says where a module enters. Tests may import any module; a module without a row is refused.
type thirdParty struct {
	module string // an import path and what is below it
	in     []string
	why    string
}

var thirdParties = []thirdParty{
	{"github.com/jackc/pgx", []string{"internal/store/postgres"}, "engines stay below store"},
	{"modernc.org/sqlite", []string{"internal/store/sqlite"}, "engines stay below store"},
	{"github.com/pressly/goose", []string{"internal/store"}, "migrations stay below store"},
	{"github.com/modelcontextprotocol/go-sdk", []string{"internal/mcpserver", "internal/assistant"}, "the MCP SDK speaks at the two ends of the protocol"},
	{"github.com/google/jsonschema-go", []string{"internal/mcpserver", "internal/assistant"}, "it is part of the MCP SDK's types"},
	{"github.com/alecthomas/kong", []string{"cmd/mandorla"}, "only the command line parses a command line"},
	{"github.com/wneessen/go-mail", []string{"internal/mail"}, "only the sender speaks SMTP"},
	{"golang.org/x/crypto", []string{"internal/identity", "internal/app"}, "passwords are identity's, certificates are app's"},
	{"code.dny.dev/ssrf", []string{"internal/outbound"}, "one client asks strangers' addresses"},
	{"golang.org/x/time", []string{"internal/identity"}, "limits of callers are identity's"},
	{"golang.org/x/text", []string{"internal"}, "text rules of Unicode, as good as the standard library"},
	{"golang.org/x/image", []string{"internal/picture"}, "pictures of strangers are read in one place"},
	{"golang.org/x/term", []string{"cmd/mandorla"}, "only the command line has a terminal"},
	{"golang.org/x/oauth2", []string{"internal/assistant"}, "the MCP SDK's client takes its tokens in these types"},
	{"golang.org/x/net", []string{"internal/assistant"}, "only the assistant reads other people's pages"},
	{"github.com/rogpeppe/go-internal", []string{"internal/assistant"}, "token files are locked; the rest of it is for tests"},
}

// ambient is something a function could take from the world behind its caller's back.
type ambient struct {
	importPath string
	names      []string // package-level names; none means the import itself
	instead    string
}

var ambients = []ambient{
	{"time", []string{"Now", "Since", "Until", "Sleep"}, "take a clock"},
	{"crypto/rand", nil, "take an io.Reader of randomness"},
	{"math/rand", nil, "take a source of randomness (math/rand/v2 with a seed, when it need not be secret)"},
	{"math/rand/v2", []string{"Int", "IntN", "Int32", "Int32N", "Int64", "Int64N", "Uint32", "Uint64", "N", "Float64", "Perm", "Shuffle"}, "use a generator that was made with a seed"},
	{"os", []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, "take an option of internal/config"},
	{"net/http", []string{"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"}, "take an *http.Client, which carries the guard against private addresses"},
}

// ambientAllowed may touch the world: the composition root hands it to everyone else.
var ambientAllowed = []string{"internal/app", "internal/testkit", "internal/arch/mutate"}

// badNames say nothing about what is inside.
var badNames = []string{"base", "common", "helper", "helpers", "lib", "misc", "shared", "types", "util", "utils"}
