// Package refusal reads how Tryton refuses calls (trytond/protocols/jsonrpc.py and
// dispatcher.py): by HTTP's statuses, and by errors in answers.
//
// It may import the standard library, sdk/fault and sdk/item only.
package refusal

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// SessionEnded is the code of a call in a session that Tryton does not know any more.
const SessionEnded = "tryton.session_ended"

// OfStatus reads the statuses with which Tryton itself refuses (trytond/protocols/dispatcher.py).
func OfStatus(status int, method string, err error) error {
	switch status {
	case http.StatusUnauthorized:
		return fault.New(SessionEnded, "Tryton does not know the session").Classed(fault.Auth).Unapplied()
	case http.StatusForbidden:
		return fault.New("tryton.method_refused", "Tryton does not offer %s", method).Classed(fault.Config).Unapplied().
			Hinted("the module may not be activated")
	case http.StatusNotFound:
		return fault.New("tryton.database_unknown", "there is no such database at this address").Classed(fault.Config).Unapplied().
			Hinted("check address and database in the connection's settings")
	case http.StatusTooManyRequests:
		return fault.New("tryton.too_many_logins", "Tryton takes no more log-ins for now, after several that failed").Classed(fault.Rate).Unapplied().After(time.Minute)
	default:
		return err
	}
}

// Of reads an error: a name and what belongs to it, or the text of a failure and where
// it happened. The call's transaction is taken back before Tryton answers so; only what it
// left to its queue may have failed later, for which actions are looked at once more, and
// where Tryton lost its database nobody knows. redact takes secrets out of Tryton's words.
func Of(refusal item.Value, redact func(string) string) *fault.Fault {
	name, args := refusal.Path("0").Text(), refusal.Path("1")
	said := func(parts ...string) string {
		var words []string
		for _, path := range parts {
			if text := strings.TrimSpace(args.Path(path).Text()); text != "" {
				words = append(words, text)
			}
		}
		return redact(cmp.Or(strings.Join(words, " "), name))
	}
	switch name {
	case "UserError":
		return fault.New("vendor.UserError", "%s", said("0", "1")).Unapplied()
	case "UserWarning":
		return fault.New("vendor.UserWarning", "%s", said("1", "2")).Arg("warning", args.Path("0").Text()).Unapplied()
	case "ConcurrencyException":
		return fault.New("vendor.ConcurrencyException", "%s", cmp.Or(redact(args.Text()), name)).Unapplied()
	case "LoginException":
		return fault.New("vendor.LoginException", "Tryton asks for something else to log in: %s", said("1")).Unapplied()
	default:
		f := fault.New("vendor.exception", "%s", cmp.Or(redact(name), "Tryton failed without saying why"))
		if lost(name) {
			return f
		}
		return f.Unapplied()
	}
}

// lost tells whether Tryton's own connection to its database broke, as psycopg2 words it:
// that may have been while the transaction was kept.
func lost(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{
		"server closed the connection", "terminating connection", "connection already closed", "connection not open", "connection has been closed",
		"could not receive data", "ssl syscall error", "connection timed out",
	}, func(words string) bool { return strings.Contains(text, words) })
}
