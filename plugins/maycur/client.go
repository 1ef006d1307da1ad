package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const (
	root = "/api/openapi/"
	// tokenLife is the documented life of a token; it is renewed so long before its end. Asking
	// more than once in a life may be blocked.
	tokenLife  = 30 * time.Minute
	tokenEarly = 5 * time.Minute
)

// client makes the vendor's calls.
type client struct {
	settings settings
	http     *erphttp.Client
	clock    func() time.Time
}

// call is one call below /api/openapi/; the method is POST by default.
type call struct {
	method, path string
	body         []byte
}

// answer is the vendor's envelope after success.
type answer struct {
	root    item.Value
	date    time.Time
	entCode string
}

// login asks for a token (public: six clients of the interface agree on it).
func (c *client) login(ctx context.Context) (tokens.Grant, error) {
	now := c.clock()
	at := strconv.FormatInt(now.UnixMilli(), 10)
	body := object{}
	body.text("appCode", c.settings.AppCode)
	body.raw("timestamp", []byte(at))
	body.text("secret", sign(c.settings.appSecret, c.settings.AppCode, at))
	got, err := c.send(ctx, tokens.Grant{}, call{path: "auth/login", body: body.bytes()})
	if err != nil {
		return tokens.Grant{}, err
	}
	grant := tokens.Grant{Token: got.root.Path("data.tokenId").Text(), With: map[string]string{"entCode": got.root.Path("data.entCode").Text()}}
	if grant.Token == "" {
		return tokens.Grant{}, unreadable("the answer to the log-in brings no tokenId")
	}
	return grant.Lasting(now, tokenLife, tokenEarly), nil
}

// sign is the digest of a log-in: SHA-256 over secret, code and milliseconds, in small
// hexadecimal digits.
func sign(secret, code, timestamp string) string {
	sum := sha256.Sum256([]byte(secret + ":" + code + ":" + timestamp))
	return hex.EncodeToString(sum[:])
}

// classic wraps data as most of the interface wants it.
func (c *client) classic(data []byte) []byte {
	body := object{}
	body.number("timestamp", c.clock().UnixMilli())
	body.raw("data", data)
	return body.bytes()
}

// send makes one call. What the vendor refuses is a fault "vendor.<code>" with its own words
// and without a class; a refused token that comes as HTTP 401 has the code "vendor.401".
func (c *client) send(ctx context.Context, grant tokens.Grant, to call) (answer, error) {
	header := http.Header{}
	if grant.Token != "" {
		header.Set("tokenId", grant.Token)
		header.Set("entCode", grant.With["entCode"])
	}
	contentType := ""
	if to.body != nil {
		contentType = "application/json"
	}
	reply, err := c.http.Do(ctx, cmp.Or(to.method, http.MethodPost), c.settings.Address+root+to.path, contentType, header, to.body)
	if reply == nil {
		return answer{}, err
	}
	raw, unread := reply.JSON()
	if unread != nil && err == nil {
		return answer{}, unread
	}
	got := answer{root: item.Of(bytes.Clone(raw)), date: reply.Date, entCode: grant.With["entCode"]}
	code, message := got.root.Field("code").Text(), c.http.Redact(got.root.Field("message").Text())
	switch {
	case reply.Status == http.StatusUnauthorized:
		return got, fault.New("vendor.401", "%s", cmp.Or(message, "每刻 does not accept the token")).Unapplied()
	case err != nil:
		return got, err
	case code == "ACK" || got.root.Field("success").Text() == "true":
		return got, nil
	case code == "" && got.root.Field("success").Text() == "":
		return got, unreadable("the answer is not 每刻's: it carries neither code nor success")
	}
	return got, fault.New("vendor."+cmp.Or(code, "false"), "%s", cmp.Or(message, "每刻 refused without a reason"))
}

// tokenRefused tells a refused token; its text is not documented, so that any refusal that
// speaks of a token counts.
func tokenRefused(err error) bool {
	f := fault.From(err)
	if f == nil || !strings.HasPrefix(f.Code, "vendor.") {
		return false
	}
	return f.Code == "vendor.401" || strings.Contains(strings.ToLower(f.Message), "token") || strings.Contains(f.Message, "重新登录")
}

// pageNum is what the vendor wants for a page: the documentation calls it the offset of the
// page's first row, and the published scheme uses it as the page's number.
func (c *client) pageNum(page connector.PageRef) int64 {
	if c.settings.PageNum == "offset" {
		return int64(page.Number-1) * int64(page.Size)
	}
	return int64(page.Number)
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

func (o *object) number(name string, value int64) { o.raw(name, strconv.AppendInt(nil, value, 10)) }

func (o *object) bytes() []byte {
	if len(*o) == 0 {
		return []byte("{}")
	}
	return append(*o, '}')
}
