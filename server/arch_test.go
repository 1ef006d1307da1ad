package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/karezflow/karez/"

// A layer says what a package may import. Packages are path.Match patterns
// relative to the module; the first row that matches a package governs it.
type layer struct {
	pkg     string
	imports string // packages of this module
	vendors string // third-party prefixes; "*" is any
}

// policy is the architecture, from the floor up. A package that matches no row
// fails the test, so that a new package is a decision made here.
func policy() []layer {
	const (
		sdkLeaves = "sdk/fault sdk/item sdk/field"
		sdkAll    = "sdk/fault sdk/item sdk/field sdk/manifest sdk/node sdk/connector"
	)
	return []layer{
		{"sdk/fault", "", ""},
		{"sdk/item", "sdk/fault", ""},
		{"sdk/field", "sdk/fault sdk/item", ""},
		{"sdk/manifest", "sdk/fault sdk/field sdk/item sdk/node", "github.com/goccy/go-yaml"},
		{"sdk/declarative", "sdk/declarative/expr sdk/manifest " + sdkLeaves, "github.com/goccy/go-yaml"},
		{"sdk/declarative/expr", "sdk/fault sdk/item", ""},
		{"sdk/declarative/draft", "sdk/declarative sdk/fault sdk/item", "github.com/goccy/go-yaml"},
		{"sdk/node", sdkLeaves, ""},
		{"sdk/connector", sdkLeaves, ""},
		{"sdk/scaffold", "sdk/fault", ""},
		{"sdk/scaffold/skeleton", "sdk/scaffold/skeleton/sandbox sdk/connector sdk/erphttp sdk/fault sdk/item sdk/protocol sdk/sandboxkit", ""},
		{"sdk/scaffold/skeleton/sandbox", "", ""},
		{"sdk/outbound", "sdk/fault", ""},
		{"sdk/spreadsheet", "sdk/fault", "github.com/xuri/excelize golang.org/x/text"},
		{"sdk/rows", "sdk/spreadsheet sdk/fault sdk/field sdk/item", ""},
		{"sdk/erphttp", "sdk/connector sdk/outbound sdk/fault", ""},
		{"sdk/sandboxkit", "", ""},
		{"sdk/conformance", sdkAll, ""},
		{"sdk/*test", sdkAll + " sdk/conformance", "github.com/google/go-cmp go.uber.org/goleak pgregory.net/rapid"},
		{"sdk/protocol", "sdk/connector sdk/fault sdk/node sdk/protocol/*", "github.com/hashicorp/ google.golang.org/"},
		{"sdk/protocol/*", "sdk/connector sdk/fault sdk/item sdk/node sdk/protocol/* sdk/protocol/*/pb", "github.com/hashicorp/ google.golang.org/"},
		{"sdk/protocol/*/pb", "", "google.golang.org/"},

		{"nodes", "nodes/* sdk/node", ""},
		{"nodes/internal/*", sdkLeaves, ""},
		{"nodes/*", "nodes/internal/* sdk/node " + sdkLeaves, ""},

		{"engine/failpoint/killtest", "", ""},
		{"engine/failpoint", "", ""},
		{"engine/turn", "", ""},
		{"engine/fields", "sdk/field sdk/item", ""},
		{"engine/flow", sdkLeaves + " sdk/node engine/flow/yamljson", "github.com/adhocore/gronx"},
		{"engine/flow/words", "engine/flow sdk/field sdk/item", ""},
		{"engine/flow/diff", "engine/flow engine/flow/words sdk/field sdk/item sdk/node", ""},
		{"engine/flow/yamljson", sdkLeaves, "github.com/goccy/go-yaml"},
		{"engine/intake", "engine/flow engine/intake/* sdk/fault", ""},
		{"engine/intake/scheme", "sdk/fault", ""},
		{"engine/intake/catalog", "engine/intake/scheme sdk/field sdk/manifest", ""},
		{"engine/intake/table", "engine/intake/catalog engine/intake/scheme sdk/fault", ""},
		{"engine/intake/qeasy", "engine/intake/scheme sdk/fault sdk/item", ""},
		{"engine/intake/draft", "engine/flow engine/intake/catalog engine/intake/scheme sdk/fault sdk/field sdk/item sdk/manifest", ""},
		{"engine/value", "engine/value/* sdk/node " + sdkLeaves, "github.com/shopspring/decimal"},
		{"engine/value/function", "engine/value/function/builtin " + sdkLeaves, "github.com/shopspring/decimal vitess.io/vitess/"},
		{"engine/value/function/builtin", "sdk/item", "github.com/shopspring/decimal vitess.io/vitess/"},
		{"engine/value/docs", "", ""},
		{"engine/value/docstest", "engine/lookup engine/value sdk/node " + sdkLeaves, ""},
		{"engine/value/*", "engine/value/* sdk/node " + sdkLeaves, "github.com/shopspring/decimal"},
		{"engine/ledger", "sdk/fault sdk/item", ""},
		{"engine/ledger/moves", "engine/ledger", ""},
		{"engine/ledger/rules", "engine/ledger engine/ledger/moves sdk/fault", ""},
		{"engine/errand", "engine/ledger engine/value sdk/manifest sdk/connector " + sdkLeaves, ""},
		{"engine/errand/*test", "engine/errand engine/ledger engine/runtest/worldtest sdk/fault", ""},
		{"engine/courier", "engine/turn engine/deliver engine/errand engine/failpoint engine/ledger engine/plan " + sdkAll, ""},
		{"engine/readonly", "sdk/connector sdk/fault sdk/manifest", ""},
		{"engine/ask", "engine/ledger engine/lookup sdk/connector sdk/fault sdk/field sdk/item sdk/manifest", "github.com/hashicorp/golang-lru golang.org/x/sync"},
		{"engine/reconcile", "engine/value sdk/fault sdk/item", "github.com/shopspring/decimal"},
		{"engine/lookup", "engine/ledger sdk/fault sdk/item sdk/node", ""},
		{"engine/barrier", "engine/ledger engine/ledger/moves engine/ledger/rules sdk/fault", ""},
		{"engine/group", "sdk/fault sdk/item", "github.com/shopspring/decimal"},
		{"engine/closing", "engine/barrier engine/failpoint engine/group engine/ledger engine/plan sdk/fault", ""},
		{"engine/retry", "engine/ledger sdk/fault", ""},
		{"engine/plan", "engine/errand engine/fields engine/flow engine/group engine/retry engine/value engine/value/format " + sdkAll, ""},
		{"engine/plan/writing", "engine/plan engine/retry sdk/fault sdk/item sdk/manifest", ""},
		{"engine/plan/derived", "sdk/fault sdk/field sdk/item sdk/manifest", ""},
		{"engine/plan/compile", "engine/errand engine/fields engine/flow engine/group engine/plan engine/plan/derived engine/plan/writing engine/plugpack/version engine/value engine/value/format " + sdkAll, ""},
		{"engine/cases", "engine/flow engine/plan engine/plan/compile engine/value engine/value/format " + sdkLeaves + " sdk/node", ""},
		{"engine/pull", "engine/failpoint engine/ledger engine/lookup engine/plan engine/value " + sdkAll, "github.com/cenkalti/backoff github.com/cespare/xxhash"},
		{"engine/deliver", "engine/failpoint engine/ledger engine/plan engine/retry " + sdkAll, "golang.org/x/sync"},
		{"engine/inlet", "engine/failpoint engine/ledger engine/plan engine/value " + sdkLeaves, "github.com/cespare/xxhash"},
		{"engine/push", "engine/errand engine/turn engine/push/walk engine/failpoint engine/deliver engine/inlet engine/ledger engine/lookup engine/plan engine/retry engine/value " + sdkAll, "golang.org/x/sync"},
		{"engine/push/walk", "engine/errand engine/deliver engine/failpoint engine/group engine/inlet engine/ledger engine/lookup engine/plan engine/value " + sdkLeaves + " sdk/node", ""},
		{"engine/pagetest", "", ""},
		{"engine/enginetest", "engine/flow engine/plan engine/plan/compile " + sdkAll, ""},
		{"engine/runtest/*test", "engine/* engine/ledger/rules engine/runtest/*test " + sdkAll, "github.com/cespare/xxhash github.com/google/go-cmp pgregory.net/rapid go.uber.org/goleak"},
		{"engine/runtest/internal/rows", "engine/ledger engine/ledger/moves", ""},
		{"engine/runtest/internal/feeds", "engine/ledger engine/runtest/internal/rows", ""},
		{"engine/runtest/internal/groups", "engine/barrier engine/ledger engine/ledger/rules engine/runtest/internal/rows", ""},
		{"engine/runtest/internal/lookups", "engine/ledger engine/ledger/rules engine/lookup engine/runtest/internal/groups engine/runtest/internal/rows sdk/item", ""},
		{"engine/runtest", "engine/errand/errandtest engine/* engine/ledger/rules engine/runtest/*test engine/runtest/internal/* " + sdkAll, "github.com/google/go-cmp pgregory.net/rapid go.uber.org/goleak"},
		{"engine/sysfilter", "", "golang.org/x/sys"},
		{"engine/script", "engine/sysfilter engine/script/internal/* sdk/fault sdk/item sdk/node", "golang.org/x/sys"},
		{"engine/script/internal/dates", "engine/script/internal/plain engine/value/format sdk/item", ""},
		{"engine/script/internal/spot", "sdk/fault", ""},
		{"engine/script/internal/exact", "", "github.com/shopspring/decimal"},
		{"engine/script/internal/jsvm", "engine/script/internal/* sdk/fault sdk/item", "github.com/dop251/goja"},
		{"engine/script/internal/*", "engine/script/internal/* sdk/fault sdk/item", ""},
		{"engine/plugpack/version", "", ""},
		{"engine/plugpack/packfile", "sdk/fault", "golang.org/x/text"},
		{"engine/plugpack/plugpacktest", "engine/plugpack", ""},
		{"engine/plugpack/index", "engine/plugpack engine/plugpack/version sdk/fault sdk/field", ""},
		{"engine/plugpack/changes", "sdk/field sdk/manifest", ""},
		{"engine/plugpack", "engine/plugpack/packfile engine/plugpack/version sdk/declarative sdk/fault sdk/manifest", ""},
		{"engine/pluginhost", "engine/plugpack/version engine/pluginhost/internal/* sdk/connector sdk/declarative sdk/fault sdk/manifest sdk/node sdk/outbound sdk/protocol sdk/protocol/peer", "golang.org/x/sys"},
		{"engine/remote", "engine/flow sdk/manifest sdk/node sdk/protocol/peer " + sdkLeaves, ""},
		{"engine/remote/internal/*", "sdk/* ", ""},
		{"engine/pluginhost/internal/restart", "", "github.com/cenkalti/backoff"},
		{"engine/pluginhost/internal/jail", "engine/sysfilter", "golang.org/x/sys"},
		{"engine/pluginhost/internal/*", "engine/pluginhost/internal/* engine/sysfilter sdk/* sdk/protocol/peer", "golang.org/x/sys golang.org/x/time"},

		{"server/bus", "server/bus/*", "github.com/nats-io/"},
		{"server/bus/*", "server/bus", "github.com/nats-io/ go.uber.org/goleak"},
		{"server/access", "engine/ledger sdk/fault", ""},
		{"server/loop", "", ""},
		{"server/once", "engine/ledger sdk/fault", ""},
		{"server/plans/planstest", "engine/flow engine/ledger", ""},
		{"server/plans", "engine/flow engine/ledger engine/plan engine/plan/compile sdk/fault sdk/manifest", ""},
		{"server/usage", "sdk/fault", ""},
		{"server/account", "server/access engine/ledger sdk/fault", "golang.org/x/crypto"},
		{"server/catalog", "server/access engine/flow engine/ledger engine/plan engine/plan/derived engine/value " + sdkAll, ""},
		{"server/document", "server/access server/once engine/barrier engine/flow engine/ledger engine/ledger/rules " + sdkLeaves, ""},
		{"server/baseset", "server/access server/connection server/document server/draft server/execution engine/flow engine/ledger engine/plan sdk/fault sdk/field sdk/manifest", ""},
		{"server/reconcile", "server/access server/bulk server/document server/loop engine/ledger engine/lookup engine/plan engine/pull engine/readonly engine/reconcile engine/value sdk/connector sdk/fault sdk/item", ""},
		{"server/draft", "server/usage server/access engine/flow engine/ledger sdk/fault sdk/item", ""},
		{"server/limit/limittest", "sdk/manifest", ""},
		{"server/limit", "engine/turn sdk/fault sdk/manifest", ""},
		{"server/trouble", "sdk/fault sdk/manifest", ""},
		{"server/inflight", "engine/turn sdk/fault", ""},
		{"server/connection", "engine/turn server/inflight server/trouble server/limit server/usage server/access engine/ledger " + sdkAll, ""},
		{"server/execution/notice", "engine/ledger", ""},
		{"server/execution/seats", "engine/ledger", ""},
		{"server/execution/shares", "engine/ledger engine/plan server/execution/seats server/plans", ""},
		{"server/execution", "server/loop server/plans engine/turn server/access server/execution/notice server/execution/seats engine/failpoint engine/flow engine/inlet engine/ledger engine/plan engine/plan/compile engine/pull engine/push " + sdkAll, "golang.org/x/sync"},
		{"server/decision", "server/access engine/ledger", ""},
		{"server/attempt", "server/access engine/ledger sdk/fault", ""},
		{"server/lineage", "server/access engine/ledger", ""},
		{"server/pausing", "server/access engine/ledger sdk/fault", ""},
		{"server/clockwatch", "server/loop engine/ledger", ""},
		{"server/retention", "server/access server/loop engine/failpoint engine/ledger sdk/fault", ""},
		{"server/shelf", "engine/plugpack engine/plugpack/packfile engine/plugpack/version sdk/fault sdk/manifest", ""},
		{"server/leaflet", "sdk/fault", ""},
		{"server/plugins", "server/access server/loop server/usage server/shelf server/leaflet engine/flow engine/ledger engine/plugpack engine/plugpack/changes engine/plugpack/version sdk/fault sdk/field sdk/manifest", ""},
		{"server/bulk", "server/loop server/access server/document server/once engine/ledger engine/ledger/rules sdk/fault", ""},
		{"server/errands", "server/access server/once engine/errand engine/ledger sdk/fault", ""},
		{"server/reading", "server/access engine/flow engine/ledger engine/plan engine/pull " + sdkAll, ""},
		{"server/flowstate", "server/access server/pausing engine/flow engine/ledger engine/ledger/rules sdk/fault", ""},
		{"server/pagelog", "server/access engine/ledger engine/pull sdk/fault", ""},
		{"server/home", "server/access server/account server/connection server/document server/flowstate server/limit engine/ledger sdk/fault", ""},
		{"server/handover", "engine/flow engine/ledger engine/plan engine/push sdk/fault", ""},
		{"server/grouping", "server/loop engine/barrier engine/closing engine/ledger engine/ledger/rules", ""},
		{"server/help/nodepage", "server/help sdk/field sdk/manifest sdk/node", ""},
		{"server/help", "server/access", ""},
		{"server/hook", "server/access engine/failpoint engine/inlet engine/ledger engine/plan " + sdkLeaves, "golang.org/x/time"},
		{"server/indexing", "server/loop engine/ledger engine/plan sdk/fault", ""},
		{"server/ledgerview", "server/access server/document engine/ledger sdk/fault", ""},
		{"server/pin", "server/access engine/ledger sdk/fault sdk/item", ""},
		{"server/files", "server/usage server/access sdk/rows engine/ledger sdk/connector sdk/fault", ""},
		{"server/schedule", "server/loop server/access engine/flow engine/ledger sdk/fault sdk/item", "github.com/adhocore/gronx"},
		{"server/codetable", "server/usage server/access sdk/spreadsheet engine/ledger engine/lookup sdk/fault", ""},
		{"server/operation", "server/access server/catalog server/usage sdk/spreadsheet engine/flow engine/ledger engine/plan/derived sdk/fault sdk/field sdk/item", ""},
		{"server/versions/mapdoc", "sdk/spreadsheet", ""},
		{"server/versions", "server/access server/catalog server/codetable server/connection server/draft server/versions/mapdoc engine/flow engine/flow/* engine/ledger " + sdkLeaves + " sdk/node", ""},
		{"server/discovery", "server/access server/catalog engine/ledger " + sdkAll, ""},
		{"server/dryrun", "server/access engine/lookup engine/pull engine/push engine/flow engine/ledger engine/plan engine/readonly sdk/spreadsheet " + sdkAll, ""},
		{"server/trial", "server/access engine/cases engine/fields engine/inlet engine/lookup engine/pull engine/push engine/flow engine/ledger engine/plan engine/plan/compile engine/value " + sdkAll, ""},
		{"server/api/problem", "engine/flow sdk/fault", ""},
		{"server/api/rest", "server/access server/api/problem engine/ledger", "github.com/danielgtaylor/huma"},
		{"server/api/codetables", "server/api/problem server/api/rest server/codetable sdk/spreadsheet " + sdkLeaves, "github.com/danielgtaylor/huma"},
		{"server/api/operations", "server/api/problem server/api/rest server/catalog server/discovery server/operation engine/plan/derived " + sdkLeaves, "github.com/danielgtaylor/huma"},
		{"server/api/decisions", "server/api/rest server/decision server/document server/once", "github.com/danielgtaylor/huma"},
		{"server/api/attempts", "server/api/rest server/attempt", "github.com/danielgtaylor/huma"},
		{"server/api/discoveries", "server/api/rest server/catalog server/discovery", "github.com/danielgtaylor/huma"},
		{"server/api/basesets", "server/api/rest server/baseset engine/ledger sdk/field", "github.com/danielgtaylor/huma"},
		{"server/api/reconciles", "server/api/rest server/reconcile engine/ledger engine/reconcile", "github.com/danielgtaylor/huma"},
		{"server/api/lineages", "server/api/rest server/lineage", "github.com/danielgtaylor/huma"},
		{"server/api/pagerequests", "server/api/rest server/pagelog engine/ledger", "github.com/danielgtaylor/huma"},
		{"server/api/homes", "server/api/rest server/home engine/ledger", "github.com/danielgtaylor/huma"},
		{"server/api/ledgerviews", "server/api/bulkjobs server/api/rest server/ledgerview", "github.com/danielgtaylor/huma"},
		{"server/api/pins", "server/api/rest server/pin", "github.com/danielgtaylor/huma"},
		{"server/api/pauses", "server/api/rest server/pausing", "github.com/danielgtaylor/huma"},
		{"server/api/retentions", "server/api/rest server/retention", "github.com/danielgtaylor/huma"},
		{"server/api/bulkjobs", "server/api/rest server/api/sse server/bulk server/document server/once engine/ledger", "github.com/danielgtaylor/huma"},
		{"server/api/traffic", "server/api/rest server/connection server/limit engine/ledger sdk/manifest", "github.com/danielgtaylor/huma"},
		{"server/api/exports", "server/api/bulkjobs server/api/problem server/api/rest server/document sdk/spreadsheet sdk/fault", "github.com/danielgtaylor/huma"},
		{"server/api/errandcalls", "server/api/rest server/errands server/once engine/errand engine/ledger", "github.com/danielgtaylor/huma"},
		{"server/api/flowstates", "server/api/rest server/flowstate engine/ledger sdk/fault", "github.com/danielgtaylor/huma"},
		{"server/api/versions", "server/api/rest server/draft server/versions engine/flow/diff sdk/fault sdk/field", "github.com/danielgtaylor/huma"},
		{"server/api/readings", "server/api/rest server/reading engine/ledger", "github.com/danielgtaylor/huma"},
		{"server/api/plugins", "server/api/problem server/api/rest server/plugins server/leaflet server/shelf engine/plugpack engine/plugpack/changes engine/plugpack/packfile sdk/fault sdk/field", "github.com/danielgtaylor/huma"},
		{"server/api/uploads", "server/api/rest server/files sdk/fault", "github.com/danielgtaylor/huma"},
		{"server/api/dryruns", "server/api/problem server/api/rest server/draft server/dryrun sdk/spreadsheet " + sdkLeaves, "github.com/danielgtaylor/huma"},
		{"server/api/trials", "server/api/rest server/draft server/trial engine/cases engine/flow engine/value " + sdkLeaves, "github.com/danielgtaylor/huma"},
		{"server/importing", "server/access server/catalog server/draft engine/flow engine/intake engine/intake/catalog engine/intake/draft sdk/fault", ""},
		{"server/api/imports", "server/api/rest server/importing engine/intake engine/intake/* sdk/fault", "github.com/danielgtaylor/huma"},
		{"server/api/hooks", "server/api/problem server/api/rest server/hook engine/ledger sdk/fault", "github.com/danielgtaylor/huma github.com/google/uuid"},
		{"server/api/helppages", "server/api/problem server/api/rest server/help", "github.com/danielgtaylor/huma"},
		{"server/api/sse", "server/api/rest engine/ledger", "github.com/danielgtaylor/huma"},
		{"server/api/web", "", "github.com/klauspost/compress/gzhttp"},
		{"server/api", "server/api/* server/pagelog server/operation server/pin server/plugins server/attempt server/lineage server/errands server/access server/baseset server/retention server/bulk server/decision server/pausing server/account server/catalog server/codetable server/connection server/discovery server/document server/draft server/execution server/execution/notice server/files server/flowstate server/help server/home server/hook server/indexing server/once server/reading server/reconcile server/schedule server/trial engine/flow engine/ledger server/versions server/importing server/dryrun server/market server/ledgerview " + sdkAll, "github.com/gin-gonic/gin github.com/danielgtaylor/huma github.com/google/uuid"},
		{"server/depot", "sdk/fault", ""},
		{"server/market", "server/market/making server/market/registry server/market/template server/market/templatepack server/access server/catalog server/connection server/codetable server/draft server/shelf engine/flow engine/ledger engine/plugpack engine/plugpack/version sdk/fault sdk/field", ""},
		{"server/market/making", "server/market/template engine/flow engine/plugpack/version sdk/fault sdk/field", ""},
		{"server/market/registry", "server/depot server/market/template server/market/templatepack engine/plugpack/packfile engine/plugpack/version sdk/fault sdk/field", ""},
		{"server/market/templatepack", "server/market/template engine/plugpack engine/plugpack/packfile sdk/fault sdk/field", ""},
		{"server/market/template", "engine/flow engine/flow/yamljson engine/plugpack/version sdk/fault sdk/field", ""},
		{"server/api/templates", "server/api/problem server/api/rest server/market server/market/making server/market/template server/market/templatepack engine/flow sdk/fault sdk/field", "github.com/danielgtaylor/huma"},
		{"server/store/marketstore", "server/store server/store/flowstore server/store/codetablestore server/market server/draft server/codetable engine/ledger", "gorm.io/"},
		{"server/store/migration", "", ""},
		{"server/store", "server/store/migration engine/ledger sdk/fault", "gorm.io/ github.com/go-sql-driver/mysql modernc.org/sqlite github.com/pressly/goose golang.org/x/sys"},
		{"server/store/pack", "sdk/fault", "github.com/klauspost/compress"},
		{"server/store/pluginstore", "server/store server/plugins engine/ledger", ""},
		{"server/store/*", "server/pagelog engine/pull server/once server/operation server/pin server/store/errandstore server/store/oncestore server/store/workstore engine/errand server/store server/store/feedstore server/store/groupstore server/store/handstore server/store/hookstore server/store/ledgerrow server/store/lookupstore server/store/pack server/store/parkstore server/store/readledger server/store/runledger server/reading server/reconcile engine/reconcile server/access server/retention server/bulk server/attempt server/lineage server/decision server/pausing server/account server/codetable server/document server/draft server/usage server/execution server/execution/shares server/files server/flowstate server/home server/hook server/indexing server/schedule server/connection server/limit server/trouble engine/barrier engine/failpoint engine/group engine/ledger engine/ledger/moves engine/ledger/rules engine/lookup engine/flow sdk/fault sdk/item server/dryrun server/ledgerview", "gorm.io/"},
		{"server/app/product", "server/* server/help/* server/market/* server/execution/* server/store/* engine/* engine/*/* nodes sdk/*", "github.com/google/uuid"},
		{"server/app/examine", "engine/pluginhost engine/plugpack engine/flow/yamljson engine/value/format server/app/sandboxes sdk/conformance sdk/declarative sdk/declarative/expr " + sdkAll, ""},
		{"server/app/sandboxes", "engine/pluginhost sdk/fault sdk/item sdk/manifest", ""},
		{"server/app/authoring", "server/app/examine server/app/terminal sdk/declarative sdk/declarative/draft sdk/fault sdk/protocol sdk/scaffold", "github.com/spf13/cobra"},
		{"server/app/packages", "engine/plugpack engine/plugpack/* server/depot server/plugins server/shelf server/app/signing server/app/terminal sdk/fault sdk/manifest", "github.com/spf13/cobra"},
		{"server/app/signing", "engine/plugpack engine/plugpack/packfile server/shelf sdk/fault", ""},
		{"server/app/templates", "engine/plugpack server/app/product server/app/signing server/app/terminal server/market server/market/registry server/market/templatepack server/shelf sdk/fault sdk/field", "github.com/spf13/cobra"},
		{"server/app/terminal", "engine/flow engine/ledger engine/pull sdk/fault", "github.com/schollz/progressbar golang.org/x/term"},
		{"server/app/cluster", "server/app/product server/bus sdk/fault", "github.com/spf13/pflag"},
		{"server/app/chain", "server/execution engine/flow engine/ledger sdk/fault sdk/item sdk/node", ""},
		{"server/app/exporting", "server/app/product server/draft sdk/fault", "github.com/spf13/cobra"},
		{"server/app/flowfile", "engine/flow sdk/fault sdk/item sdk/manifest", ""},
		{"server/app", "server/app/packages server/app/templates server/app/authoring server/app/chain server/app/cluster server/app/exporting server/app/flowfile server/app/imports server/app/product server/app/sandboxes server/app/terminal server/* server/api/* server/store/* engine/* engine/*/* nodes frontend sdk/*", "*"},
		{"server/app/imports", "engine/intake engine/intake/* engine/pluginhost server/app/terminal sdk/fault sdk/spreadsheet", "github.com/spf13/cobra"},
		{"server", "server/app", ""},

		{"frontend", "", ""},
		{"deploy/mapbench", "deploy/bench/orders deploy/mapbench/trade engine/value sdk/item", "github.com/bytedance/sonic"},
		{"deploy/mapbench/trade", "deploy/bench/orders", ""},
		{"deploy/mapbench/limit", "deploy/bench/orders deploy/mapbench/trade", "github.com/bytedance/sonic golang.org/x/sync"},
		{"deploy/bench/orders", "", ""},
		{"deploy/conformance", "", ""},
		{"deploy/bench/process", "", ""},
		{"deploy/bench/world", "deploy/bench/orders", ""},
		{"deploy/bench/systems", "sdk/connector sdk/fault sdk/item", ""},
		{"deploy/bench/bench-source", "deploy/bench/systems sdk/protocol", ""},
		{"deploy/bench/bench-sink", "deploy/bench/systems sdk/protocol", ""},
		{"deploy/bench", "deploy/bench/*", "github.com/go-sql-driver/mysql"},
		{"deploy/chaos/truth", "", ""},
		{"deploy/chaos/world", "deploy/chaos/truth", ""},
		{"deploy/chaos/checker", "deploy/chaos/truth", ""},
		{"deploy/chaos/proxy", "", ""},
		{"deploy/chaos/nemesis", "", ""},
		{"deploy/chaos/disk", "", ""},
		{"deploy/chaos/gauge", "", ""},
		{"deploy/chaos/cluster", "deploy/chaos/truth", "github.com/go-sql-driver/mysql"},
		{"deploy/chaos/scene", "deploy/chaos/*", ""},
		{"deploy/chaos/connector", "sdk/connector sdk/fault sdk/protocol", ""},
		{"deploy/chaos", "deploy/chaos/* engine/failpoint", ""},
		{"deploy/many", "engine/ledger", "modernc.org/sqlite"},
		{"deploy/*", "deploy/*/*", "*"},
		{"deploy/*/*", "server/store/migration", "*"},
		{"plugins/internal/*test", "plugins/internal/* sdk/*", ""},
		{"plugins/internal/*", "plugins/internal/* sdk/erphttp sdk/sandboxkit sdk/fault sdk/item sdk/connector", ""},
		{"plugins/smtp", "plugins/internal/* plugins/smtp/sandbox sdk/connector sdk/erphttp sdk/outbound sdk/sandboxkit sdk/fault sdk/item sdk/field sdk/protocol", "github.com/wneessen/go-mail github.com/yuin/goldmark"},
		{"plugins/smtp/sandbox", "sdk/sandboxkit", "github.com/emersion/"},
		{"plugins/units", "sdk/fault sdk/item sdk/node sdk/protocol", ""},
		{"plugins/sftp", "plugins/sftp/sandbox sdk/rows sdk/spreadsheet sdk/field sdk/connector sdk/outbound sdk/sandboxkit sdk/fault sdk/item sdk/protocol", "github.com/pkg/sftp golang.org/x/crypto golang.org/x/text"},
		{"plugins/sftp/sandbox", "sdk/sandboxkit sdk/spreadsheet", "github.com/pkg/sftp golang.org/x/crypto golang.org/x/text"},
		{"plugins/sql/internal/statement", "plugins/sql/internal/values sdk/fault", ""},
		{"plugins/sql/internal/values", "sdk/fault sdk/item", ""},
		{"plugins/sql/internal/database", "sdk/outbound plugins/sql/internal/values sdk/fault", "github.com/go-sql-driver/mysql github.com/jackc/pgx"},
		{"plugins/http/internal/auth", "sdk/erphttp sdk/connector sdk/fault sdk/item", ""},
		{"plugins/http/internal/api", "plugins/http/internal/auth sdk/erphttp sdk/fault sdk/item", ""},
		{"plugins/*/sandbox", "plugins/internal/* plugins/*/sandbox/* sdk/sandboxkit sdk/item", ""},
		{"plugins/*/sandbox/*", "plugins/internal/* plugins/*/sandbox/* sdk/sandboxkit sdk/item", ""},
		{"plugins/*/internal/*", "sdk/connector sdk/fault sdk/field sdk/item", ""},
		{"plugins/declarative", "plugins/internal/* plugins/*/sandbox sdk/declarative sdk/declarative/expr sdk/connector sdk/erphttp sdk/manifest sdk/sandboxkit sdk/fault sdk/item sdk/protocol", ""},
		{"plugins/*", "plugins/internal/* plugins/*/internal/* plugins/*/sandbox sdk/connector sdk/erphttp sdk/outbound sdk/sandboxkit sdk/fault sdk/item sdk/field sdk/protocol", ""},
	}
}

func TestImports(t *testing.T) {
	t.Parallel()

	// Parsing here, rather than asking `go list`, lets the test cache see the
	// files: a subprocess's reads do not invalidate a cached pass.
	for _, problem := range violations(t, "..") {
		t.Error(problem)
	}
}

// TestImportsCatchesViolations plants forbidden imports in a tree of its own.
func TestImportsCatchesViolations(t *testing.T) {
	t.Parallel()

	planted := []struct{ file, imports, want string }{
		{"engine/pull/x.go", "github.com/gin-gonic/gin", "engine/pull imports github.com/gin-gonic/gin"},
		{"engine/push/x.go", "gorm.io/gorm", "engine/push imports gorm.io/gorm"},
		{"engine/flow/x.go", module + "server/draft", "engine/flow imports " + module + "server/draft"},
		{"nodes/filter/x.go", module + "engine/plan", "nodes/filter imports " + module + "engine/plan"},
		{"plugins/acme/x.go", module + "engine/plan", "plugins/acme imports " + module + "engine/plan"},
		{"sdk/node/x.go", "google.golang.org/grpc", "sdk/node imports google.golang.org/grpc"},
		{"server/draft/x.go", "gorm.io/gorm", "server/draft imports gorm.io/gorm"},
		{"server/bus/x.go", module + "server/store", "server/bus imports " + module + "server/store"},
		{"engine/ledger/x.go", module + "engine/pull", "engine/ledger imports " + module + "engine/pull"},
		{"engine/brandnew/x.go", "fmt", "engine/brandnew is in no layer"},
	}
	for _, p := range planted {
		t.Run(p.file, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			full := filepath.Join(root, filepath.FromSlash(p.file))
			if err := os.MkdirAll(filepath.Dir(full), 0o750); err != nil {
				t.Fatal(err)
			}
			source := "package x\n\nimport _ " + strconv.Quote(p.imports) + "\n"
			if err := os.WriteFile(full, []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			found := violations(t, root)
			if !slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, p.want) }) {
				t.Errorf("planted violation was not found: got %q, want one that begins with %q", found, p.want)
			}
		})
	}
}

// violations gives every import below root that the policy forbids.
func violations(t *testing.T, root string) []string {
	t.Helper()

	var found []string
	rows := policy()
	for pkg, imports := range parseTree(t, root) {
		row := slices.IndexFunc(rows, func(l layer) bool { return match(l.pkg, pkg) })
		if row < 0 {
			found = append(found, pkg+" is in no layer: give it a row in policy")
			continue
		}
		for _, imp := range imports {
			if !allowed(rows[row], imp) {
				found = append(found, pkg+" imports "+imp+", which its layer forbids")
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func allowed(l layer, imp string) bool {
	if rel, ours := strings.CutPrefix(imp, module); ours {
		return match(l.imports, rel)
	}
	if host, _, _ := strings.Cut(imp, "/"); !strings.Contains(host, ".") {
		return true // standard library
	}
	for prefix := range strings.FieldsSeq(l.vendors) {
		if prefix == "*" || strings.HasPrefix(imp, prefix) {
			return true
		}
	}
	return false
}

func match(patterns, name string) bool {
	for p := range strings.FieldsSeq(patterns) {
		if ok, _ := path.Match(p, name); ok {
			return true
		}
	}
	return false
}

// parseTree returns the imports of every package under root, tests left out.
func parseTree(t *testing.T, root string) map[string][]string {
	t.Helper()

	pkgs := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case d.IsDir(), filepath.Ext(file) != ".go", strings.HasSuffix(file, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(dir)
		pkgs[pkg] = append(pkgs[pkg], unquoted(t, f.Imports)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

func skipped(dir string) bool {
	return dir == "testdata" || dir == "node_modules" || dir == "bin" || len(dir) > 1 && dir[0] == '.' && dir != ".."
}

func unquoted(t *testing.T, specs []*ast.ImportSpec) []string {
	t.Helper()

	var out []string
	for _, spec := range specs {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, imp)
	}
	return out
}
