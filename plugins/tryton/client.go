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
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/plugins/tryton/internal/refusal"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

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
	if fault.CodeOf(err) == refusal.SessionEnded {
		return tokens.Grant{}, fault.New("tryton.login_refused", "Tryton does not accept the user or the password").Classed(fault.Auth).Unapplied().
			Hinted("check user and password in the connection")
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
		return answer{}, refusal.OfStatus(reply.Status, method, err)
	}
	raw, err := reply.JSON()
	if err != nil {
		return answer{}, err
	}
	root := item.Of(bytes.Clone(raw))
	if said := root.Field("error"); said.Kind() == item.Array {
		return answer{date: reply.Date}, refusal.Of(said, c.http.Redact)
	}
	if root.Kind() != item.Object || root.Field("id").Kind() == item.None {
		return answer{}, unreadable("the answer is not Tryton's: it carries neither a result nor an error")
	}
	return answer{result: root.Field("result"), date: reply.Date}, nil
}

func unreadable(format string, args ...any) *fault.Fault {
	return fault.New("tryton.answer_unreadable", format, args...).Classed(fault.Transient)
}
