package store

import (
	"cmp"
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"

	"github.com/karezflow/karez/sdk/fault"
)

// openMySQL connects to MySQL 8 or MariaDB.
func openMySQL(ctx context.Context, c Config) (*DB, error) {
	config, err := mysqlConfig(c.URL)
	if err != nil {
		return nil, err
	}
	kept := cmp.Or(c.Abandoned, abandoned)
	config.Params["wait_timeout"] = strconv.Itoa(int(kept.Seconds()))
	connector, err := driver.NewConnector(config)
	if err != nil {
		return nil, badURL()
	}
	handle := sql.OpenDB(connector)
	handle.SetMaxOpenConns(16)
	handle.SetMaxIdleConns(maxIdle)
	handle.SetConnMaxLifetime(5 * time.Minute)
	handle.SetConnMaxIdleTime(kept / 2) // before the server closes it
	if err := handle.PingContext(ctx); err != nil {
		return nil, errors.Join(fault.New("store.unreachable", "the database does not answer: %s", hide(err.Error(), config.Passwd)).
			Classed(fault.Transient).Hinted("check address, user and password, and that the server is running"), handle.Close())
	}
	// Plain text protocol: multi-row statements differ in length, so preparing them costs a round trip each.
	settings := gormConfig()
	settings.PrepareStmt = false
	db, err := gorm.Open(mysql.New(mysql.Config{Conn: handle, SkipInitializeWithVersion: true}), settings)
	if err != nil {
		return nil, errors.Join(fault.Wrap(err, "store.open_failed", "the database can't be opened").Classed(fault.Config), handle.Close())
	}
	out := &DB{read: db, write: &rowWriter{db: db, handle: handle, clock: c.Clock}, dialect: MySQL, clock: c.Clock, log: c.Log, close: handle.Close}
	out.ids = newAllocator(out)
	return out, nil
}

// hide takes a password out of a text.
func hide(text, password string) string {
	if password == "" {
		return text
	}
	return strings.ReplaceAll(text, password, "***")
}

func mysqlConfig(address string) (*driver.Config, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") == "" || u.User == nil {
		return nil, badURL()
	}
	config := driver.NewConfig()
	config.Net, config.Addr = "tcp", u.Host
	if u.Port() == "" {
		config.Addr += ":3306"
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.DBName = strings.Trim(u.Path, "/")
	for name, values := range u.Query() {
		// Anything else would be ignored, and somebody would rely on it.
		if name != "tls" || !slices.Contains([]string{"true", "false", "skip-verify", "preferred"}, values[len(values)-1]) {
			return nil, badURL()
		}
		config.TLSConfig = values[len(values)-1]
	}
	config.InterpolateParams = true
	config.ClientFoundRows = true // an update tells of the rows that it met, changed or not, as SQLite does
	config.Collation = "utf8mb4_bin"
	config.Timeout, config.ReadTimeout, config.WriteTimeout = 10*time.Second, 2*time.Minute, 2*time.Minute
	config.MaxAllowedPacket = 0         // ask the server
	config.Logger = &driver.NopLogger{} // what it would write to the console it gives as an error, too
	config.Params = map[string]string{
		"time_zone": "'+00:00'",
		// A transaction that waits is repeated as a whole: the server's 50 s would be too long.
		"innodb_lock_wait_timeout": "5",
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO'",
	}
	return config, nil
}

// rowWriter relies on the server's row locks; a transaction that met another one is repeated.
type rowWriter struct {
	db     *gorm.DB
	handle *sql.DB
	clock  func() time.Time
	closed atomic.Bool
}

// abandoned is how long a connection says nothing until the server closes it.
const abandoned = 20 * time.Second

// maxIdle is how many connections are kept that nobody uses.
const maxIdle = 8

func (w *rowWriter) transact(ctx context.Context, change func(*gorm.DB) error) error {
	// Without gap locks two workers that insert neighbouring keys don't wait for each other.
	options := &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	var err error
	for again := newRepeats(w.clock); ; {
		err = w.db.WithContext(ctx).Transaction(change, options)
		if !repeatable(err) {
			break
		}
		if rest, more := again.next(isDuplicate(err)); !more || !pause(ctx, rest) {
			break
		}
	}
	switch {
	case err != nil && w.closed.Load():
		return closed().Because(err)
	case errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil:
		return context.Cause(ctx) // whose end rolled the transaction back
	case readOnly(err):
		// The connections may lead to a server that another one has taken the place of.
		w.handle.SetMaxIdleConns(0)
		w.handle.SetMaxIdleConns(maxIdle)
		return fault.Wrap(err, "store.server_read_only", "the database takes no changes now").Classed(fault.Transient).
			Hinted("what is stored can be read; writing goes on when the server is no longer read-only")
	case ours(err):
		// Also where the answer to a COMMIT was lost: whoever repeats a change looks first
		// whether it is there, by a key or a claim that a change of its own has used up.
		return fault.Wrap(err, "store.write_failed", "the database could not be written").Classed(fault.Transient)
	default:
		return err
	}
}

// stop lets transactions that have begun end by themselves: closing the handle
// does not interrupt them.
func (w *rowWriter) stop() { w.closed.Store(true) }

// ours reports whether an error is the database's or the connection's, and not the change's own.
func ours(err error) bool {
	var server *driver.MySQLError
	var network *net.OpError
	return errors.As(err, &server) || errors.As(err, &network) || errors.Is(err, driver.ErrInvalidConn) || errors.Is(err, sqldriver.ErrBadConn)
}

// Passes reports whether an error says that the database is away or takes no changes
// now, so that the same may succeed later without anybody's doing.
func Passes(err error) bool {
	const tooMany, shutdown, interrupted, killed = 1040, 1053, 1317, 1927
	if server, ok := errors.AsType[*driver.MySQLError](err); ok {
		return readOnly(err) || repeatable(err) && server.Number != duplicateEntry ||
			slices.Contains([]uint16{tooMany, shutdown, interrupted, killed}, server.Number)
	}
	return ours(err)
}

// readOnly reports whether the server refused a change because it takes none.
func readOnly(err error) bool {
	const option, transaction, mode = 1290, 1792, 1836
	var server *driver.MySQLError
	return errors.As(err, &server) && slices.Contains([]uint16{option, transaction, mode}, server.Number)
}

// duplicateEntry is the server's number for a key that is there already.
const duplicateEntry = 1062

func isDuplicate(err error) bool {
	var server *driver.MySQLError
	return errors.As(err, &server) && server.Number == duplicateEntry
}

// repeatable reports whether the server gave the transaction up in favour of
// another, or the other was faster to insert a row that this one looked for: the
// next time it will be found.
func repeatable(err error) bool {
	const deadlockFound, lockWaitTimeout = 1213, 1205
	var server *driver.MySQLError
	return errors.As(err, &server) && (server.Number == duplicateEntry || server.Number == deadlockFound || server.Number == lockWaitTimeout)
}
