package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
)

// TestMain lets this test binary be the connector's executable.
func TestMain(m *testing.M) {
	if os.Getenv("KAREZ_TEST_ROLE") == "connector" {
		main()
		return
	}
	leaktest.Main(m)
}

// rig is a connection to a database of the test's own, through a place that can cut it.
type rig struct {
	t       *testing.T
	dialect values.Dialect
	clock   *clocktest.Clock
	host    *connectortest.Host
	proxy   *proxy
	admin   *sql.DB
	// driver and address are those of another connection beside the connector.
	driver, address string
	settings        map[string]any
	password        string
}

// servers gives the address of every database that there is.
func servers(t *testing.T) map[values.Dialect]string {
	t.Helper()
	found := map[values.Dialect]string{values.MySQL: os.Getenv("KAREZ_TEST_MYSQL"), values.Postgres: os.Getenv("KAREZ_TEST_POSTGRES")}
	maps.DeleteFunc(found, func(_ values.Dialect, address string) bool { return address == "" })
	if len(found) == 0 {
		t.Fatal("KAREZ_TEST_MYSQL and KAREZ_TEST_POSTGRES name no server: `make test` starts both, and so do deploy/mariadb.sh and deploy/postgres.sh")
	}
	return found
}

// each runs a test on every database that there is.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	for dialect, address := range servers(t) {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, newRig(t, dialect, address))
		})
	}
}

func newRig(t *testing.T, dialect values.Dialect, address string) *rig {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	database := strings.TrimPrefix(at.Path, "/")
	own := "sql_" + strings.ToLower(rand.Text()[:10])
	clock := clocktest.New(time.Now())
	r := &rig{t: t, dialect: dialect, clock: clock, host: connectortest.NewHost(clock.Now), password: password, proxy: newProxy(t, at.Host)}
	r.settings = map[string]any{"driver": string(dialect), "host": "127.0.0.1", "port": r.proxy.port(), "user": at.User.Username(), "security": "none", "reach": "local"}
	if dialect == values.MySQL {
		r.driver, r.address = "mysql", fmt.Sprintf("%s:%s@tcp(%s)/%s?multiStatements=true&time_zone='%%2B00:00'", at.User.Username(), password, at.Host, database)
		r.admin = r.dial()
		r.run("CREATE DATABASE " + own + "; USE " + own)
		r.settings["database"] = own
		t.Cleanup(func() { r.run("DROP DATABASE " + own) })
		return r
	}
	r.driver, r.address = "pgx", address
	r.admin = r.dial()
	r.run("CREATE SCHEMA " + own + "; SET search_path = " + own + "; SET TimeZone = 'UTC'")
	r.settings["database"], r.settings["schema"] = database, own
	t.Cleanup(func() { r.run("DROP SCHEMA " + own + " CASCADE") })
	return r
}

func (r *rig) dial() *sql.DB {
	r.t.Helper()
	db, err := sql.Open(r.driver, r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	r.t.Cleanup(func() { _ = db.Close() })
	return db
}

// run carries statements out beside the connector.
func (r *rig) run(statements string) {
	r.t.Helper()
	if _, err := r.admin.Exec(statements); err != nil {
		r.t.Fatalf("%s: %v", statements, err)
	}
}

// words puts the words of the dialect into a text: {serial}, {bytes}, {instant}, {json}.
func (r *rig) words(text string) string {
	my := []string{"{serial}", "BIGINT AUTO_INCREMENT PRIMARY KEY", "{bytes}", "BLOB", "{instant}", "TIMESTAMP(6) NULL", "{naive}", "DATETIME(6)", "{json}", "JSON", "{double}", "DOUBLE", "{ci}", "VARCHAR(40) COLLATE utf8mb4_general_ci"}
	pg := []string{"{serial}", "BIGSERIAL PRIMARY KEY", "{bytes}", "BYTEA", "{instant}", "TIMESTAMPTZ", "{naive}", "TIMESTAMP", "{json}", "JSONB", "{double}", "DOUBLE PRECISION", "{ci}", "VARCHAR(40)"}
	if r.dialect == values.MySQL {
		return strings.NewReplacer(my...).Replace(text)
	}
	return strings.NewReplacer(pg...).Replace(text)
}

func (r *rig) table(text string) { r.t.Helper(); r.run(r.words(text)) }

// number gives the one number that a query gives.
func (r *rig) number(query string) int {
	r.t.Helper()
	var n int
	if err := r.admin.QueryRow(query).Scan(&n); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (r *rig) open(change map[string]any) connector.Session {
	r.t.Helper()
	session, err := r.tryOpen(change)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = session.Close(context.Background()) })
	return session
}

func (r *rig) account(change map[string]any) connector.Account {
	r.t.Helper()
	settings, password := maps.Clone(r.settings), r.password
	for key, value := range change {
		if key == "password" {
			password, _ = value.(string)
			continue
		}
		if settings[key] = value; value == nil {
			delete(settings, key)
		}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		r.t.Fatal(err)
	}
	return connector.Account{ID: "c1", Settings: raw, Secrets: map[string]string{"password": password}}
}

func (r *rig) tryOpen(change map[string]any) (connector.Session, error) {
	r.t.Helper()
	return newConnector(r.clock.Now).Open(r.t.Context(), r.account(change), r.host)
}

func query(session connector.Session, operation, params string, page connector.PageRef) (connector.Page, error) {
	return session.Query(context.Background(), connector.QueryRequest{Operation: operation, Params: []byte(params), Page: page})
}

// all reads a query to its end and gives its rows and pages.
func all(t *testing.T, session connector.Session, operation, params string, size int) (rows []item.Value, pages int) {
	t.Helper()
	for at := (connector.PageRef{Size: size}); pages < 200; {
		page, err := query(session, operation, params, at)
		if err != nil {
			t.Fatalf("%s %s: %v", operation, params, err)
		}
		pages++
		list, err := item.Rows(page.Rows)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range list {
			rows = append(rows, item.Of(raw))
		}
		if at.Token = page.NextToken; at.Token == "" {
			return rows, pages
		}
	}
	t.Fatal("the query does not end")
	return nil, 0
}

func write(session connector.Session, operation, params string, rows, keys []string) (connector.Answers, error) {
	return session.(connector.Writer).Write(context.Background(), connector.Batch{
		Operation: operation, Mode: connector.Create, Params: []byte(params), Rows: []byte("[" + strings.Join(rows, ",") + "]"), Keys: keys,
	})
}

func parsed(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse([]byte(manifestYAML))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refused wants a fault of one of these codes with a class that the connector or the manifest gives it.
func refused(t *testing.T, what string, err error, class fault.Class, codes ...string) {
	t.Helper()
	_ = refusal(t, what, err, class, codes...)
}

// refusal is refused for a test that looks at more of the fault.
func refusal(t *testing.T, what string, err error, class fault.Class, codes ...string) *fault.Fault {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %v", what, codes)
		return fault.New("", "")
	}
	f := parsed(t).Classify(queryAll, fault.From(err))
	for _, code := range codes {
		if f.Code == code && f.Class == class {
			return f
		}
	}
	t.Errorf("%s: %s (%s), want %v (%s): %v", what, f.Code, f.Class, codes, class, err)
	return f
}

// proxy stands between the connector and its database.
type proxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	conns map[net.Conn]bool
	// cut names the words behind which a connection is cut: before the server sees them
	// where early, else once it has answered them.
	cut   *regexp.Regexp
	early bool
	// held is told when something is held back, as all answers are while it is set.
	held    chan struct{}
	release chan struct{}
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: server, conns: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.pass(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.mu.Lock()
		for conn := range p.conns {
			_ = conn.Close()
		}
		p.mu.Unlock()
		running.Wait()
	})
	return p
}

func (p *proxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// commit is the end of a transaction; the levels of isolation have the word in them, too.
const commit = `COMMIT\x00?$`

// lose cuts the connection on which words that match come next.
func (p *proxy) lose(words string, early bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.early = regexp.MustCompile(words), early
}

// stall holds all answers until the test's end.
func (p *proxy) stall(t connectortest.T) <-chan struct{} {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.release = make(chan struct{}, 100), make(chan struct{})
	release := p.release
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		close(release)
		p.held, p.release = nil, nil
	})
	return p.held
}

func (p *proxy) holds() (held, release chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held, p.release
}

func (p *proxy) pass(client net.Conn) {
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns[client], p.conns[server] = true, true
	p.mu.Unlock()
	defer func() {
		_, _ = client.Close(), server.Close()
		p.mu.Lock()
		delete(p.conns, client)
		delete(p.conns, server)
		p.mu.Unlock()
	}()
	if held, _ := p.holds(); held != nil {
		held <- struct{}{}
	}
	cutting := make(chan struct{}, 1)
	var back sync.WaitGroup
	back.Go(func() {
		defer func() { _ = client.Close() }()
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if err != nil {
				return
			}
			select {
			case <-cutting:
				return // what the server answers is not told
			default:
			}
			if _, release := p.holds(); release != nil {
				<-release
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	})
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			break
		}
		if held, _ := p.holds(); held != nil {
			held <- struct{}{}
		}
		p.mu.Lock()
		hit := p.cut != nil && p.cut.Match(buffer[:n])
		early := p.early
		if hit {
			p.cut = nil
			cutting <- struct{}{}
		}
		p.mu.Unlock()
		if hit && early {
			break
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			break
		}
	}
	_ = server.Close()
	back.Wait()
}
