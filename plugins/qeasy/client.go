package main

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const (
	oauth     = "/v2/oauth"
	second    = "/v2/open-api/business/"
	first     = "/api/open/operation/"
	jsonType  = "application/json"
	formType  = "application/x-www-form-urlencoded"
	tokenLife = 2 * time.Hour
	// tokenEarly is how long before its end a token is renewed; older ones go on living.
	tokenEarly = 5 * time.Minute
)

// client makes the vendor's calls.
type client struct {
	settings settings
	http     *erphttp.Client
	clock    func() time.Time
}

// v1 tells that the connection has a scheme's token in place of an application.
func (c *client) v1() bool { return c.settings.Version == "v1" }

// call is one call; the method is POST by default.
type call struct {
	method, path, contentType string
	body                      []byte
}

// answer is the vendor's envelope after success.
type answer struct {
	root item.Value
	date time.Time
}

func (a answer) content() item.Value { return a.root.Field("content") }

// login asks for a token (public: api-reference/endpoints of the vendor's documentation).
func (c *client) login(ctx context.Context) (tokens.Grant, error) {
	now := c.clock()
	body := object{}
	body.text("app_key", c.settings.AppKey)
	body.text("app_secret", c.settings.appSecret)
	got, err := c.send(ctx, "", call{path: oauth, contentType: jsonType, body: body.bytes()})
	if err != nil {
		return tokens.Grant{}, err
	}
	grant := tokens.Grant{Token: got.content().Field("access_token").Text()}
	if grant.Token == "" {
		return tokens.Grant{}, unreadable("the answer to the log-in brings no access_token")
	}
	life := tokenLife
	if seconds, err := strconv.Atoi(got.content().Field("expires_in").Text()); err == nil && seconds > 0 {
		life = time.Duration(min(seconds, int(tokenLife/time.Second))) * time.Second
	}
	return grant.Lasting(now, life, min(tokenEarly, life/2)), nil
}

// send makes one call. What the vendor refuses is a fault "vendor.<code>" with its own words
// and without a class, whatever the status of the answer is.
func (c *client) send(ctx context.Context, token string, to call) (answer, error) {
	address := c.settings.Address + to.path
	if token != "" {
		address += "?" + url.Values{"access_token": {token}}.Encode()
	}
	reply, err := c.http.Do(ctx, cmp.Or(to.method, http.MethodPost), address, to.contentType, nil, to.body)
	if reply == nil {
		return answer{}, err
	}
	raw, unread := reply.JSON()
	if unread != nil {
		return answer{}, cmp.Or(err, unread)
	}
	got := answer{root: item.Of(bytes.Clone(raw)), date: reply.Date}
	return got, c.refusal(got.root, err)
}

// refusal reads an envelope: what the vendor refused, else the fault of the status, or nil.
func (c *client) refusal(root item.Value, status error) error {
	code, success := root.Field("code").Text(), root.Field("success").Text()
	refused := code != "" && code != "0" || success == "false"
	switch {
	case !refused && status != nil:
		return status
	case !refused && code == "" && success == "":
		return unreadable("the answer is not 轻易云's: it carries neither code nor success")
	case !refused:
		return nil
	}
	f := fault.New("vendor."+cmp.Or(code, "false"), "%s", cmp.Or(c.http.Redact(root.Field("message").Text()), "轻易云 refused without a reason"))
	if known := fault.From(status); known != nil {
		f = f.After(known.RetryAfter)
	}
	if early(code) {
		return f.Unapplied()
	}
	return f
}

// early tells the codes of what is refused before anything is done: token, permission, scheme
// and number of calls. Every page of the vendor's documentation has other codes for them.
func early(code string) bool {
	for _, prefix := range []string{"401", "403", "404", "429"} {
		if strings.HasPrefix(code, prefix) {
			return true
		}
	}
	return slices.Contains([]string{"10001", "40002", "40003", "40004", "40029"}, code)
}

// tokenRefused tells a refused token. 40002 is one on one page of the documentation and a
// malformed parameter on another, so that its words decide.
func tokenRefused(err error) bool {
	f := fault.From(err)
	if f == nil {
		return false
	}
	switch f.Code {
	case "vendor.401", "vendor.40101", "vendor.40102", "vendor.10001":
		return true
	case "vendor.40002":
		return strings.Contains(strings.ToLower(f.Message), "token") || strings.Contains(f.Message, "令牌")
	case "http.status":
		return f.Args["status"] == http.StatusText(http.StatusUnauthorized)
	}
	return false
}

// to is a call about a scheme in the generation of the connection.
func (c *client) to(scheme, verb string, body []byte) call {
	if c.v1() {
		return call{path: strings.TrimSuffix(first+url.PathEscape(scheme)+"/"+verb, "/"), contentType: jsonType, body: body}
	}
	at := call{path: second + url.PathEscape(scheme) + "/" + verb, contentType: jsonType, body: body}
	if body == nil {
		at.method, at.contentType = http.MethodGet, ""
	}
	return at
}

// object writes a JSON object member by member.
type object []byte

func (o *object) raw(name string, value []byte) {
	if len(*o) == 0 {
		*o = append(*o, '{')
	} else {
		*o = append(*o, ',')
	}
	*o = append(append(item.AppendText(*o, name), ':'), value...)
}

func (o *object) text(name, value string) { o.raw(name, item.AppendText(nil, value)) }

// count writes a number; the vendor says what is wrong with a text that is none.
func (o *object) count(name, text string) {
	if n, err := strconv.Atoi(text); err == nil {
		o.raw(name, strconv.AppendInt(nil, int64(n), 10))
	} else if text != "" {
		o.text(name, text)
	}
}

func (o *object) bytes() []byte {
	if len(*o) == 0 {
		return []byte("{}")
	}
	return append(*o, '}')
}
