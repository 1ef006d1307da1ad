package main

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// statusGateway is the HTTP status of the gateway's own refusals.
const statusGateway = 519

// minSkew is how far the vendor's clock must be off ours before it is believed that a refused
// timestamp is due to the clocks. Five minutes are tolerated.
const minSkew = 2 * time.Minute

// client makes the vendor's calls.
type client struct {
	settings settings
	http     *erphttp.Client
	clock    func() time.Time
	// skew is the vendor's clock less ours in nanoseconds, learned when a timestamp is refused.
	skew atomic.Int64
}

// call is a call of a business interface.
type call struct {
	method, path string
	query        url.Values
	body         []byte
}

// second tells an interface of the second generation.
func (c *call) second() bool { return strings.HasPrefix(c.path, "/jdy/v2/") }

// answer is the vendor's envelope after success.
type answer struct {
	root   item.Value
	date   time.Time
	status int
}

func (a *answer) data() item.Value { return a.root.Field("data") }

// business makes a call with a token. The first generation takes a user's token in the query; a
// connection that signs sends both.
func (c *client) business(ctx context.Context, grant tokens.Grant, to call) (answer, error) {
	header, query := http.Header{}, url.Values{}
	maps.Copy(query, to.query)
	if !to.second() {
		header.Set("accountId", c.settings.AccountID)
		header.Set("groupName", cmp.Or(c.settings.GroupName, grant.With["group"]))
	}
	if c.settings.Auth != byGateway {
		query.Set("access_token", grant.Token)
		return c.send(ctx, to.method, to.path, query, header, to.body)
	}
	if token := grant.With["accessToken"]; token != "" && !to.second() {
		query.Set("access_token", token)
	}
	header.Set("app-token", grant.Token)
	header.Set("X-GW-Router-Addr", grant.With["domain"])
	return c.signed(ctx, to.method, to.path, query, header, to.body)
}

// signed makes a signed call. Where the gateway refuses the timestamp and its Date header shows
// another time, it goes by the vendor's time from then on and makes the call once more.
func (c *client) signed(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte) (answer, error) {
	got, err := c.sign(ctx, method, path, query, header, body)
	if off := got.date.Sub(c.clock()); fault.CodeOf(err) == "vendor.4006" && !got.date.IsZero() && (off-time.Duration(c.skew.Load())).Abs() >= minSkew {
		c.skew.Store(int64(off))
		return c.sign(ctx, method, path, query, header, body)
	}
	return got, err
}

func (c *client) sign(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte) (answer, error) {
	at := strconv.FormatInt(c.clock().Add(time.Duration(c.skew.Load())).UnixMilli(), 10)
	with := signed(c.settings.ClientID, c.settings.clientSecret, method, path, query, at, at)
	for name := range header {
		with.Set(name, header.Get(name))
	}
	return c.send(ctx, method, path, query, with, body)
}

// send makes one call. What the system or its gateway refuses is a fault "vendor.<code>" with its
// own words and without a class. The answer's date is set for refusals, too.
func (c *client) send(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte) (answer, error) {
	to, contentType := c.settings.Address+path, ""
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	if method == http.MethodPost {
		contentType = "application/json; charset=utf-8"
	}
	reply, err := c.http.Do(ctx, method, to, contentType, header, body)
	if reply == nil {
		return answer{}, err
	}
	got := answer{date: reply.Date, status: reply.Status}
	raw, unread := reply.JSON()
	if unread != nil {
		if err == nil {
			err = unread
		}
		return got, err
	}
	got.root = item.Of(bytes.Clone(raw))
	if err != nil && reply.Status != statusGateway {
		return got, err
	}
	return got, c.refusal(&got)
}

// refusal reads what an answer of either generation, or of the gateway, refuses.
func (c *client) refusal(got *answer) error {
	root := got.root
	code := cmp.Or(root.Field("errcode").Text(), root.Field("code").Text())
	words := c.http.Redact(cmp.Or(root.Field("description_cn").Text(), root.Field("description").Text(), root.Field("message").Text()))
	if got.status == statusGateway {
		f := fault.New("vendor."+cmp.Or(code, "519"), "%s", cmp.Or(words, "the gateway refused without a reason"))
		switch code {
		case "5000", "5004", "5005", "":
			return f // the system may have seen the call
		}
		return f.Unapplied()
	}
	switch success := root.Field("success").Text(); {
	case success == "true" || success == "" && code == "0":
		return nil
	case success == "false":
		return fault.New("vendor."+cmp.Or(root.Field("errorCode").Text(), code, "false"), "%s", cmp.Or(words, "金蝶云星辰 refused without a reason"))
	case code == "":
		return unreadable("the answer is not 金蝶云星辰's: it carries neither success nor errcode")
	default:
		return fault.New("vendor."+code, "%s", cmp.Or(words, "金蝶云星辰 refused without a reason"))
	}
}
