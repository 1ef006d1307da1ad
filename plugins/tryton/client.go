package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// sessionEnded is the code of a call in a session that Tryton does not know any more.
const sessionEnded = "tryton.session_ended"

// loginMethod is the method that gives a session.
const loginMethod = "common.db.login"

// client makes Tryton's calls.
type client struct {
	settings settings
	http     *erphttp.Client
	host     connector.Host
}

// answer is what a call gave.
type answer struct {
	result item.Value
	date   time.Time
}

// login asks for a session and for the context in which the user works: company and language.
func (c *client) login(ctx context.Context) (tokens.Grant, error) {
	password := append(item.AppendText([]byte(`{"password":`), c.settings.password), '}')
	got, err := c.send(ctx, "", loginMethod, item.AppendText(nil, c.settings.User), password)
	if fault.CodeOf(err) == sessionEnded {
		return tokens.Grant{}, fault.New("tryton.login_refused", "Tryton does not accept the user or the password").Classed(fault.Auth).Unapplied()
	}
	if err != nil {
		return tokens.Grant{}, err
	}
	grant := tokens.Grant{Token: got.result.Path("1").Text(), With: map[string]string{"user": got.result.Path("0").Text()}}
	if grant.Token == "" {
		return tokens.Grant{}, unreadable("the answer to the log-in brings no session")
	}
	c.http.Hide(grant.Token, authorization(c.settings.User, grant))
	prefer, err := c.call(ctx, grant, preferences())
	if err != nil {
		return tokens.Grant{}, err
	}
	grant.With["company"] = cmp.Or(c.settings.Company, prefer.result.Field("company").Text())
	grant.With["language"] = cmp.Or(c.settings.Language, prefer.result.Field("language").Text())
	return grant, nil
}

// preferences asks for the user's own, the context of calls among them; everybody may read them.
func preferences() call {
	return call{method: "model.res.user.get_preferences", params: [][]byte{[]byte("true")}}
}

// authorization is the header of a session.
func authorization(user string, g tokens.Grant) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + g.With["user"] + ":" + g.Token))
}

// call is one call of a method; what is deactivated is found only by one that says so.
type call struct {
	method string
	params [][]byte
	hidden bool
}

// call calls a method in a session with the context that the user works in.
func (c *client) call(ctx context.Context, g tokens.Grant, to call) (answer, error) {
	with := strconv.AppendBool([]byte(`{"active_test":`), !to.hidden)
	if id, err := strconv.Atoi(g.With["company"]); err == nil {
		with = strconv.AppendInt(append(with, `,"company":`...), int64(id), 10)
	}
	if language := g.With["language"]; language != "" {
		with = item.AppendText(append(with, `,"language":`...), language)
	}
	return c.send(ctx, "Session "+authorization(c.settings.User, g), to.method, append(slices.Clone(to.params), append(with, '}'))...)
}

// send makes one call. What Tryton refuses is a fault "vendor.<its name>" in its own words.
func (c *client) send(ctx context.Context, authorization, method string, params ...[]byte) (answer, error) {
	header := http.Header{}
	if authorization != "" {
		header.Set("Authorization", authorization)
	}
	body := item.AppendText([]byte(`{"id":1,"method":`), method)
	body = append(append(append(body, `,"params":[`...), bytes.Join(params, []byte(","))...), "]}"...)
	reply, err := c.http.Post(ctx, c.settings.Address+"/"+url.PathEscape(c.settings.Database)+"/", "application/json", header, body)
	if reply == nil {
		return answer{}, err
	}
	if err != nil {
		return answer{}, statusFault(reply.Status, method, err)
	}
	raw, err := reply.JSON()
	if err != nil {
		return answer{}, err
	}
	root := item.Of(bytes.Clone(raw))
	if refusal := root.Field("error"); refusal.Kind() == item.Array {
		return answer{date: reply.Date}, c.refused(refusal)
	}
	if root.Kind() != item.Object || root.Field("id").Kind() == item.None {
		return answer{}, unreadable("the answer is not Tryton's: it carries neither a result nor an error")
	}
	return answer{result: root.Field("result"), date: reply.Date}, nil
}

// statusFault reads the statuses with which Tryton itself refuses (trytond/protocols/dispatcher.py).
func statusFault(status int, method string, err error) error {
	switch status {
	case http.StatusUnauthorized:
		return fault.New(sessionEnded, "Tryton does not know the session").Classed(fault.Auth).Unapplied()
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

// refused reads an error: a name and what belongs to it, or the text of a failure and where
// it happened. The call's transaction is taken back before Tryton answers so; only what it
// left to its queue may have failed later, for which actions are looked at once more.
func (c *client) refused(refusal item.Value) error {
	name, args := refusal.Path("0").Text(), refusal.Path("1")
	said := func(parts ...string) string {
		var words []string
		for _, path := range parts {
			if text := strings.TrimSpace(args.Path(path).Text()); text != "" {
				words = append(words, text)
			}
		}
		return c.http.Redact(cmp.Or(strings.Join(words, " "), name))
	}
	switch name {
	case "UserError":
		return fault.New("vendor.UserError", "%s", said("0", "1")).Unapplied()
	case "UserWarning":
		return fault.New("vendor.UserWarning", "%s", said("1", "2")).Arg("warning", args.Path("0").Text()).Unapplied()
	case "ConcurrencyException":
		return fault.New("vendor.ConcurrencyException", "%s", cmp.Or(c.http.Redact(args.Text()), name)).Unapplied()
	case "LoginException":
		return fault.New("vendor.LoginException", "Tryton asks for something else to log in: %s", said("1")).Unapplied()
	default:
		return fault.New("vendor.exception", "%s", cmp.Or(c.http.Redact(name), "Tryton failed without saying why")).Unapplied()
	}
}

func unreadable(format string, args ...any) *fault.Fault {
	return fault.New("tryton.answer_unreadable", format, args...).Classed(fault.Transient)
}
