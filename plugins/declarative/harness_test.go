package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// TestMain lets this test binary be the program that serves declarative connectors.
func TestMain(m *testing.M) {
	if os.Getenv("KAREZ_TEST_ROLE") == "connector" {
		main()
		return
	}
	leaktest.Main(m)
}

// start is when every sandbox begins: 2024-05-01 12:00:00 in Shanghai.
func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

// bench is a shipped connector before its sandbox.
type bench struct {
	t     *testing.T
	d     *declarative.Definition
	clock *clocktest.Clock
	kit   *sandboxkit.Kit
	url   string
	host  *connectortest.Host
	calls *connectortest.Recorder
}

// shipped loads a connector of the repository.
func shipped(t *testing.T, id string) *declarative.Definition {
	t.Helper()
	d, err := declarative.Load(filepath.Join("..", id))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newBench(t *testing.T, id string, vendor func(clock func() time.Time) sandboxkit.Vendor) *bench {
	t.Helper()
	b := &bench{t: t, d: shipped(t, id), clock: clocktest.New(start())}
	b.host = connectortest.NewHost(b.clock.Now)
	b.kit = sandboxkit.New(vendor(b.clock.Now), b.clock.Now)
	b.calls = connectortest.NewRecorder(b.kit)
	server := httptest.NewServer(b.calls)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// last gives the last call.
func (b *bench) last() connectortest.Sent { return b.calls.Last(b.t) }

// account gives settings and secrets that the sandbox accepts, with some changed.
func (b *bench) account(change map[string]string) connector.Account {
	b.t.Helper()
	answer := httptest.NewRecorder()
	b.kit.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_sandbox/credentials", nil))
	all := map[string]string{}
	if err := json.Unmarshal(answer.Body.Bytes(), &all); err != nil {
		b.t.Fatal(err)
	}
	all["address"] = b.url
	maps.Copy(all, change)
	return accountOf(b.t, b.d, all)
}

// accountOf parts settings and secrets.
func accountOf(t *testing.T, d *declarative.Definition, all map[string]string) connector.Account {
	t.Helper()
	settings, secrets := map[string]string{}, map[string]string{}
	for key, value := range all {
		for _, s := range d.Manifest.Settings {
			if s.Key == key && s.Secret {
				secrets[key] = value
			} else if s.Key == key {
				settings[key] = value
			}
		}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	return connector.Account{ID: "c1", Settings: raw, Secrets: secrets}
}

// open opens a session that the test closes.
func (b *bench) open(change map[string]string) connector.Session {
	b.t.Helper()
	return opened(b.t, newConnector(b.d, b.clock.Now), b.account(change), b.host)
}

func opened(t *testing.T, c connector.Connector, account connector.Account, host connector.Host) connector.Session {
	t.Helper()
	s, err := c.Open(t.Context(), account, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// dial opens a session in a process of the program, as the engine runs it.
func (b *bench) dial(folder string) connector.Session {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		b.t.Fatal(err)
	}
	process, err := protocol.Dial(b.t.Context(), protocol.Config{
		Child: protocol.Command(self, []string{declarative.Flag, folder}, []string{"KAREZ_TEST_ROLE=connector"}, os.Stderr),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { process.Stop(context.Background()) })
	if !bytes.Equal(process.Connector.Manifest(), b.d.YAML) {
		b.t.Error("the process declares something else")
	}
	return opened(b.t, process.Connector, b.account(nil), b.host)
}

func (b *bench) set(values string) { connectortest.Control(b.t, b.kit, `{"set":`+values+`}`) }

func query(t *testing.T, s connector.Session, operation, params string, page connector.PageRef) (connector.Page, error) {
	t.Helper()
	return s.Query(t.Context(), connector.QueryRequest{Operation: operation, Params: []byte(params), Page: page})
}

func rowsOf(t *testing.T, page connector.Page) []item.Value {
	t.Helper()
	rows, err := item.Rows(page.Rows)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]item.Value, len(rows))
	for i, row := range rows {
		out[i] = item.Of(row)
	}
	return out
}

// refused wants an error with a code, of the class that the manifest's rules give it.
func (b *bench) refused(operation string, err error, code string, class fault.Class) *fault.Fault {
	b.t.Helper()
	if err == nil {
		b.t.Fatalf("no error, want %s", code)
	}
	f := b.d.Manifest.Classify(operation, fault.From(err))
	if f.Code != code || f.Class != class {
		b.t.Fatalf("%s (%s), want %s (%s): %v", f.Code, f.Class, code, class, err)
	}
	return f
}

// undeclared gives the fields of a row that an operation does not declare.
func undeclared(fields []field.Field, row item.Value) (names []string) {
	for name, value := range row.Fields() {
		if field.Find(fields, name) == nil {
			names = append(names, name)
		}
		for line := range value.Elements() {
			for child := range line.Fields() {
				if field.Find(fields, name+"."+child) == nil {
					names = append(names, name+"."+child)
				}
			}
		}
	}
	return names
}
