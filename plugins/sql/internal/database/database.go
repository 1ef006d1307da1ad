// Package database is the connection to a database: how it is made from a person's
// settings, how statements run in it, what its refusals mean, and what tables it has. It
// alone knows the drivers. Options of a driver that let a server read files, that fall back
// to plain text or that take several statements are never on, and nothing is ever taken
// from a connection string.
//
// It may import the standard library, the drivers, sdk/outbound,
// plugins/sql/internal/values and the sdk without sdk/manifest.
package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/outbound"
)

// Settings are what a person says of a database.
type Settings struct {
	Dialect  values.Dialect
	Host     string
	Port     int
	Name     string
	User     string
	Password string
	// Security is "verify", which is TLS whose certificate is verified, "encrypt", TLS
	// with any certificate, or "none". Trust is a certificate authority in PEM.
	Security, Trust string
	Reach           outbound.Reach
	// Zone is the IANA name of the zone in which times are told.
	Zone *time.Location
	// Timeout bounds a statement.
	Timeout time.Duration
	// Schema is where tables without one are looked for in PostgreSQL; "" is the user's.
	Schema string
}

// mostOpen is how many connections a session uses at once.
const mostOpen = 4

// lockWait is how long a write waits for the locks of others.
const lockWait = 10 * time.Second

// Database is an open database. It is safe for concurrent use.
type Database struct {
	Settings

	pool  *sql.DB
	clock func() time.Time

	mu     sync.Mutex
	tables map[string]remembered
	maria  *bool
}

// Open makes a database; nothing is dialled before the first statement. Its faults are of
// class Config: "sql.setting_invalid" at a setting.
func Open(s Settings, clock func() time.Time) (*Database, error) {
	if s.Host == "" || strings.ContainsAny(s.Host, "/@, ") {
		return nil, invalid("host", "the server is a name or an address, without a port, a user or a path")
	}
	encryption, err := s.encryption()
	if err != nil {
		return nil, err
	}
	var connector driver.Connector
	switch s.Dialect {
	case values.MySQL:
		connector, err = s.mysql(encryption, clock)
	case values.Postgres:
		connector, err = s.postgres(encryption)
	default:
		return nil, invalid("driver", "the database is mysql or postgresql")
	}
	if err != nil {
		return nil, fault.New("sql.setting_invalid", "the settings of the database can't be used").Classed(fault.Config).Unapplied().Because(err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(mostOpen)
	pool.SetMaxIdleConns(2)
	pool.SetConnMaxIdleTime(2 * time.Minute)
	pool.SetConnMaxLifetime(30 * time.Minute)
	return &Database{Settings: s, pool: pool, clock: clock, tables: map[string]remembered{}}, nil
}

func invalid(setting, words string) *fault.Fault {
	return fault.New("sql.setting_invalid", "%s", words).At(setting).Classed(fault.Config).Unapplied()
}

// Close ends all connections.
func (d *Database) Close() error { return d.pool.Close() }

func (s Settings) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// encryption gives nil where nothing is encrypted.
func (s Settings) encryption() (*tls.Config, error) {
	config := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	switch s.Security {
	case "none":
		return nil, nil //nolint:nilnil // nothing is encrypted
	case "encrypt":
		config.InsecureSkipVerify = true // a person chose to trust the network
	case "verify":
	default:
		return nil, invalid("security", "the encryption is verify, encrypt or none")
	}
	if s.Trust != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(s.Trust)) {
			return nil, invalid("trust", "there is no certificate in PEM in the trusted certificates")
		}
	}
	return config, nil
}

// Tx is a transaction on a connection of its own.
type Tx struct {
	db   *Database
	conn *sql.Conn
}

// Read runs work in a transaction that writes nothing and sees one state of the database.
func (d *Database) Read(ctx context.Context, work func(tx *Tx) error) error {
	begin := "START TRANSACTION READ ONLY"
	if d.Dialect == values.Postgres {
		begin = "BEGIN READ ONLY, ISOLATION LEVEL REPEATABLE READ"
	}
	tx, err := d.begin(ctx, begin)
	if err != nil {
		return err
	}
	defer tx.end(ctx)
	return readOnly(work(tx))
}

// readOnly tells a reading that tried to write from a server that takes no writes for now.
func readOnly(err error) error {
	if r, ok := Refused(err); ok && (r.Code == "25006" || r.Code == "1792") {
		return fault.From(err).Classed(fault.Config).Hinted("a reading changes nothing: leave out what writes, such as a function that counts on")
	}
	return err
}

// Write runs work in a transaction and commits it. Whatever fails before the commit was
// sent is marked Unapplied: the database forgets an open transaction with its connection.
// Where the answer to the commit is lost, the fault is "sql.commit_lost", of class
// Transient, and nobody knows.
func (d *Database) Write(ctx context.Context, work func(tx *Tx) error) error {
	begin := []string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION READ WRITE"}
	if d.Dialect == values.Postgres {
		begin = []string{"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"}
	}
	tx, err := d.begin(ctx, begin...)
	if err != nil {
		return fault.From(err).Unapplied()
	}
	defer tx.end(ctx)
	if err := work(tx); err != nil {
		return fault.From(err).Unapplied()
	}
	if ctx.Err() != nil {
		return d.fault(ctx.Err()).Unapplied()
	}
	if _, err := tx.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return d.commitFault(err)
	}
	return nil
}

// begin takes a connection and begins. A connection that died while it rested is taken for
// another one.
func (d *Database) begin(ctx context.Context, statements ...string) (*Tx, error) {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return nil, d.dialFault(err)
	}
	tx := &Tx{db: d, conn: conn}
	if d.Dialect == values.MySQL {
		limit, err := d.limit(ctx, conn)
		if err != nil {
			tx.end(ctx)
			return nil, d.fault(err)
		}
		statements = append([]string{limit}, statements...)
	}
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			tx.end(ctx)
			return nil, d.fault(err)
		}
	}
	return tx, nil
}

// limit gives the statement that bounds those behind it, which MySQL and MariaDB say
// differently. The server keeps to it when nobody listens any longer.
func (d *Database) limit(ctx context.Context, conn *sql.Conn) (string, error) {
	d.mu.Lock()
	known := d.maria
	d.mu.Unlock()
	if known == nil {
		var version string
		if err := conn.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
			return "", err
		}
		is := strings.Contains(version, "MariaDB")
		d.mu.Lock()
		d.maria, known = &is, &is
		d.mu.Unlock()
	}
	if *known {
		return "SET SESSION max_statement_time = " + strconv.FormatFloat(d.Timeout.Seconds(), 'f', 3, 64), nil
	}
	return "SET SESSION max_execution_time = " + strconv.FormatInt(d.Timeout.Milliseconds(), 10), nil
}

// isMaria reports whether the server is a MariaDB, once there was a transaction.
func (d *Database) isMaria() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.maria != nil && *d.maria
}

// endTime is how long taking back what was not committed may last.
const endTime = 5 * time.Second

// end takes back what was not committed and gives the connection back. One that can't do
// so is closed, which does the same.
func (tx *Tx) end(ctx context.Context) {
	lasting, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if _, err := tx.conn.ExecContext(lasting, "ROLLBACK"); err != nil {
		_ = tx.conn.Raw(func(any) error { return driver.ErrBadConn }) // it is closed for this answer
	}
	_ = tx.conn.Close() // it goes back to the pool, or is closed already
}

// Run carries a statement out and gives how many rows it found.
func (tx *Tx) Run(ctx context.Context, q *values.Query) (sql.Result, error) {
	return tx.conn.ExecContext(ctx, q.SQL(), q.Args()...)
}

// Command carries out words of this program.
func (tx *Tx) Command(ctx context.Context, words string) error {
	_, err := tx.conn.ExecContext(ctx, words)
	return err
}

// Rows are what a statement gives.
type Rows struct {
	Columns []values.Column
	// Next gives the next row's values, nil behind the last one.
	rows *sql.Rows
	db   *Database
}

// Ask asks for rows; they are to be closed.
func (tx *Tx) Ask(ctx context.Context, q *values.Query) (*Rows, error) {
	rows, err := tx.conn.QueryContext(ctx, q.SQL(), q.Args()...) //nolint:rowserrcheck // Rows.Next looks
	if err != nil {
		return nil, tx.db.fault(err)
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		_ = rows.Close() //nolint:sqlclosecheck // else the caller closes them
		return nil, tx.db.fault(err)
	}
	out := &Rows{rows: rows, db: tx.db}
	for _, t := range types {
		c := values.Column{Name: t.Name(), Kind: tx.db.Dialect.KindOf(t.DatabaseTypeName()), Scale: -1}
		out.Columns = append(out.Columns, c)
	}
	return out, nil
}

// Next gives the values of the next row, nil behind the last one.
func (r *Rows) Next() ([]any, error) {
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return nil, r.db.fault(err)
		}
		return nil, nil
	}
	row := make([]any, len(r.Columns))
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	if err := r.rows.Scan(into...); err != nil {
		return nil, fault.New("sql.value_unreadable", "a value of a row can't be read").Classed(fault.Config).Because(err)
	}
	return row, nil
}

// Close ends the reading.
func (r *Rows) Close() { _ = r.rows.Close() } // what was read stays read

// Now gives the database's clock.
func (tx *Tx) Now(ctx context.Context) (time.Time, error) {
	words := "SELECT CAST(extract(epoch from clock_timestamp()) * 1000 AS bigint)"
	if tx.db.Dialect == values.MySQL {
		words = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)"
	}
	var ms int64
	if err := tx.conn.QueryRowContext(ctx, words).Scan(&ms); err != nil {
		return time.Time{}, tx.db.fault(err)
	}
	return time.UnixMilli(ms).UTC(), nil
}

// Version gives the name and version of the database, for people.
func (tx *Tx) Version(ctx context.Context) (string, error) {
	var version string
	if err := tx.conn.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return "", tx.db.fault(err)
	}
	switch {
	case tx.db.Dialect == values.Postgres:
		version, _, _ = strings.Cut(version, " on ")
	case !strings.Contains(version, "MariaDB"):
		version = "MySQL " + version
	}
	return version, nil
}
