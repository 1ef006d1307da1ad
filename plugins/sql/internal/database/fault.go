package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/fault"
)

// Refusal is what a database itself says of a statement.
type Refusal struct {
	// Code is its number (MySQL) or SQLSTATE (PostgreSQL).
	Code, Message string
	// Column and Key are those that it blames, "" where it names none.
	Column, Key string
	// OfRow says that it is about the values of a row, so that another row may pass.
	OfRow bool
	// Duplicate says that a unique key is taken.
	Duplicate bool
}

// Refused gives the database's own refusal in err's chain; false where it is another failure.
func Refused(err error) (Refusal, bool) {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return ofMySQL(e), true
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return Refusal{
			Code: e.Code, Message: e.Message, Column: e.ColumnName, Key: e.ConstraintName,
			// Values (22), constraints (23), and what a trigger says (P0001).
			OfRow: strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23") || e.Code == "P0001", Duplicate: e.Code == "23505",
		}, true
	}
	return Refusal{}, false
}

func ofMySQL(e *mysql.MySQLError) Refusal {
	state := string(e.SQLState[:])
	r := Refusal{
		Code: strconv.Itoa(int(e.Number)), Message: e.Message, Duplicate: e.Number == 1062 || e.Number == 1586,
		OfRow: strings.HasPrefix(state, "22") || strings.HasPrefix(state, "23") || state == "45000" ||
			// No value for a column without a default, a value of a wrong form, one that was cut, a check.
			slices.Contains([]uint16{1364, 1366, 1265, 3819}, e.Number),
	}
	if found := regexp.MustCompile(`(?i)(?:column|field) '([^']+)'`).FindStringSubmatch(e.Message); found != nil {
		r.Column = found[1]
	}
	if found := regexp.MustCompile(`for key '([^']+)'`).FindStringSubmatch(e.Message); found != nil {
		r.Key = found[1][strings.LastIndexByte(found[1], '.')+1:]
	}
	return r
}

// fault gives what a failure of a statement is to the engine. A refusal has no class: the
// manifest's rules give it by the code.
func (d *Database) fault(err error) *fault.Fault {
	if own, ok := errors.AsType[*fault.Fault](err); ok {
		return own
	}
	if r, ok := Refused(err); ok {
		f := fault.New("vendor."+r.Code, "%s", r.Message).Because(err)
		if r.Column != "" {
			f = f.At(r.Column)
		}
		return f
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fault.New("sql.cancelled", "the call was called off").Classed(fault.Transient).Because(context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New("sql.timeout", "the database did not answer in time").Classed(fault.Transient).Because(context.DeadlineExceeded).
			Hinted("check host, port and firewall; for slow statements shorten the window or add an index")
	}
	return fault.New("sql.connection_lost", "the connection to the database was lost: %s", cause(err)).Classed(fault.Transient)
}

// dialFault tells why there is no connection. Nothing was sent over it.
func (d *Database) dialFault(err error) *fault.Fault {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var bad x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	f := d.fault(err)
	switch {
	case f.Code != "sql.connection_lost":
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &bad):
		f = fault.New("sql.certificate_refused", "the database's certificate is not to be trusted: %s", cause(err)).Classed(fault.Config).
			Hinted("enter the authority that signed it under the trusted certificates")
	case errors.Is(err, mysql.ErrNoTLS), strings.Contains(err.Error(), "server refused TLS"):
		f = fault.New("sql.no_encryption", "the database does not encrypt its connections").Classed(fault.Config).
			Hinted("switch encryption on at the database, or choose none where the network between is your own")
	case errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrOldPassword):
		f = fault.New("sql.login_unsafe", "the database wants the password in a form that is not safe").Classed(fault.Config).
			Hinted("give the user another way to log in, for example caching_sha2_password")
	default:
		f = fault.New("sql.unreachable", "the database could not be reached: %s", cause(err)).Classed(fault.Transient).
			Hinted("check server and port, and that the database is running")
	}
	return f.Unapplied()
}

// cause gives the last words of an error, which hold no password and no address with one.
func cause(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}

// commitFault tells whether a commit that failed may have happened. A database that
// refuses it says so; PostgreSQL takes everything back then, and so does MySQL where it
// names a deadlock, which is how a cluster refuses.
func (d *Database) commitFault(err error) *fault.Fault {
	f := d.fault(err)
	if r, ok := Refused(err); ok && (d.Dialect == values.Postgres || r.Code == "1213") {
		return f.Unapplied()
	}
	return fault.New("sql.commit_lost", "the answer to the commit was lost: %s", f.Message).Classed(fault.Transient).Because(err)
}

// Fault is fault for what a statement of a transaction gave.
func (tx *Tx) Fault(err error) *fault.Fault { return tx.db.fault(err) }
