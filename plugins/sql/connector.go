package main

import (
	"cmp"
	"context"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/sql/internal/database"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/outbound"
)

//go:embed manifest.yaml
var manifestYAML string

// The operations.
const (
	queryChanges = "query.changes"
	queryAll     = "query.all"
	tableChanges = "table.changes"
	tableRows    = "table.rows"
	listTables   = "tables.list"
	listColumns  = "columns.list"
	rowInsert    = "row.insert"
	rowUpsert    = "row.upsert"
	rowUpdate    = "row.update"
)

// defaultZone is the zone of a connection that names none.
const defaultZone = "Asia/Shanghai"

// databases implements connector.Connector.
type databases struct{ clock func() time.Time }

func newConnector(clock func() time.Time) databases { return databases{clock} }

// Manifest implements connector.Connector.
func (databases) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (c databases) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	given := item.Of(account.Settings)
	if given.Kind() != item.Object {
		return nil, fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config)
	}
	text := func(key, usual string) string { return cmp.Or(strings.TrimSpace(given.Field(key).Text()), usual) }
	s := database.Settings{
		Dialect: values.Dialect(text("driver", string(values.MySQL))), Host: text("host", ""), Name: text("database", ""),
		User: text("user", ""), Password: account.Secrets["password"], Security: text("security", "verify"), Trust: text("trust", ""),
		Reach: outbound.Reach(text("reach", string(outbound.Private))), Schema: text("schema", ""),
	}
	usual := "3306"
	if s.Dialect == values.Postgres {
		usual = "5432"
	}
	var err error
	if s.Port, err = strconv.Atoi(text("port", usual)); err != nil || s.Port < 1 || s.Port > 65535 {
		return nil, invalid("port", "the port is a number from 1 to 65535")
	}
	if s.Timeout, err = time.ParseDuration(text("timeout", "60s")); err != nil || s.Timeout < time.Second {
		return nil, invalid("timeout", "the time of a statement is a duration of a second or more, such as 60s")
	}
	if s.Zone, err = time.LoadLocation(text("timeZone", defaultZone)); err != nil {
		return nil, invalid("timeZone", "the time zone has a name such as Asia/Shanghai")
	}
	if strings.Contains(s.Schema, `"`) {
		return nil, invalid("schema", "the schema is the name of one schema")
	}
	db, err := database.Open(s, c.clock)
	if err != nil {
		return nil, err
	}
	return &session{db: db, host: host, clock: c.clock}, nil
}

func invalid(setting, words string) error {
	return fault.New("sql.setting_invalid", "%s", words).At(setting).Classed(fault.Config).Unapplied()
}

// session implements connector.Session, Writer, Prober and Discoverer.
type session struct {
	db    *database.Database
	host  connector.Host
	clock func() time.Time
}

var (
	_ connector.Writer     = (*session)(nil)
	_ connector.Prober     = (*session)(nil)
	_ connector.Discoverer = (*session)(nil)
)

// Check implements connector.Session.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	var health connector.Health
	err := s.db.Read(ctx, func(tx *database.Tx) error {
		version, err := tx.Version(ctx)
		if err != nil {
			return err
		}
		health.Account = s.db.Name + " · " + version
		health.SourceTime, err = tx.Now(ctx)
		return err
	})
	return health, err
}

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if len(req.Params) > 0 {
		if err := item.Check(req.Params); err != nil {
			return connector.Page{}, err
		}
	}
	params := item.Of(req.Params)
	switch req.Operation {
	case queryChanges, queryAll:
		return s.statement(ctx, req, params)
	case tableChanges, tableRows:
		return s.tablePage(ctx, req, params)
	case listTables:
		return s.listTables(ctx)
	case listColumns:
		return s.listColumns(ctx, params)
	default:
		return connector.Page{}, unknown(req.Operation)
	}
}

func unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "databases have no operation %q here", operation).Classed(fault.Config).Unapplied()
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	_ = s.db.Close() // nothing is open that could be lost
	return nil
}

// names reads a list of columns: a JSON list, or a text with commas between.
func names(v item.Value) []string {
	var out []string
	add := func(name string) {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if v.Kind() == item.Array {
		for e := range v.Elements() {
			add(e.Text())
		}
		return out
	}
	for name := range strings.SplitSeq(v.Text(), ",") {
		add(name)
	}
	return out
}

func columnUnknown(param, name string) *fault.Fault {
	return fault.New("sql.column_unknown", "there is no column %s", name).At(param).Arg("field", name).Classed(fault.Config).Unapplied().
		Hinted("write it as the database does, capital letters too")
}
