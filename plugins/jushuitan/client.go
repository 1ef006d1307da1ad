package main

import (
	"context"
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// The vendor's codes that the connector acts on; all others are the manifest's.
const (
	codeToken     = "vendor.100"
	codeTimestamp = "vendor.140"
	codePerSecond = "vendor.199"
	codePerMinute = "vendor.200"
)

// codeClock says that a timestamp was refused because the clocks differ.
const codeClock = "jushuitan.clock_differs"

// minSkew is how far the vendor's clock must be off ours before it is believed
// that a refused timestamp is due to the clocks. The documented tolerance is ten minutes.
const minSkew = 2 * time.Minute

// client makes signed calls.
type client struct {
	settings settings
	http     *erphttp.Client
	clock    func() time.Time
	// skew is the vendor's clock less ours in nanoseconds, learned when a timestamp is refused.
	skew atomic.Int64
}

func newClient(s settings, http *erphttp.Client, clock func() time.Time) *client {
	s.Address = strings.TrimRight(s.Address, "/")
	return &client{settings: s, http: http, clock: clock}
}

// now is the vendor's time as far as it is known.
func (c *client) now() time.Time { return c.clock().Add(time.Duration(c.skew.Load())) }

// answer is the vendor's envelope after success.
type answer struct {
	data item.Value
	date time.Time
}

// businessForm gives the form of a business call without what call adds.
func businessForm(token string, biz []byte) map[string]string {
	return map[string]string{"access_token": token, "version": "2", "biz": string(biz)}
}

// call posts a form after adding app_key, timestamp, charset and sign. A refusal
// is a fault "vendor.<code>" with the vendor's own message and no class; the
// manifest's rules give it. When the vendor refuses the timestamp and its Date header shows
// another time, the fault is "jushuitan.clock_differs", and the next call goes by the
// vendor's time: the caller repeats this one, for a call counts whatever it is answered.
func (c *client) call(ctx context.Context, path string, form map[string]string) (answer, error) {
	now := c.now()
	got, err := c.send(ctx, path, form, now)
	if fault.CodeOf(err) == codeTimestamp && !got.date.IsZero() && got.date.Sub(now).Abs() >= minSkew {
		c.skew.Store(int64(got.date.Sub(c.clock())))
		err = fault.New(codeClock, "聚水潭's clock differs by %s; its time is used from now on", got.date.Sub(now).Round(time.Minute)).
			Classed(fault.Transient).Unapplied().Because(err)
	}
	return got, err
}

// again makes a call, and once more where the first has told the vendor's time. It is for
// calls that do not count.
func (c *client) again(ctx context.Context, path string, form map[string]string) (answer, error) {
	got, err := c.call(ctx, path, form)
	if fault.CodeOf(err) == codeClock {
		return c.call(ctx, path, form)
	}
	return got, err
}

// send makes one call at a time of the vendor's. The answer's date is set for refusals, too.
func (c *client) send(ctx context.Context, path string, form map[string]string, now time.Time) (answer, error) {
	signed := maps.Clone(form)
	signed["app_key"] = c.settings.AppKey
	signed["timestamp"] = strconv.FormatInt(now.Unix(), 10)
	signed["charset"] = "utf-8"
	signed["sign"] = sign(c.settings.appSecret, signed)
	body := make(url.Values, len(signed))
	for name, value := range signed {
		// An empty field is never sent: clients disagree on whether it is signed.
		if value != "" {
			body.Set(name, value)
		}
	}
	reply, err := c.http.Post(ctx, c.settings.Address+path, "application/x-www-form-urlencoded;charset=UTF-8", nil, []byte(body.Encode()))
	if err != nil {
		return answer{}, err
	}
	got := answer{date: reply.Date}
	text, err := reply.JSON()
	if err != nil {
		return got, err
	}
	envelope := item.Of(text)
	code, message := envelope.Field("code").Text(), c.http.Redact(envelope.Field("msg").Text())
	switch {
	case code == "":
		return got, unreadable("the answer is not 聚水潭's: it carries no code")
	case code != "0" || envelope.Field("issuccess").Text() == "false":
		if message == "" {
			message = "聚水潭 refused with code " + code
		}
		return got, fault.New("vendor."+code, "%s", message)
	}
	got.data = envelope.Field("data")
	return got, nil
}

// sign signs the fields of a form: MD5 over the secret and every name and value
// that is not empty, in the order of the names (public: the open platform's page on signatures).
func sign(secret string, form map[string]string) string {
	var source strings.Builder
	source.WriteString(secret)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if form[name] != "" && name != "sign" {
			source.WriteString(name)
			source.WriteString(form[name])
		}
	}
	sum := md5.Sum([]byte(source.String())) //nolint:gosec // the vendor's signature is MD5
	return hex.EncodeToString(sum[:])
}

// tokenRefused tells a refused or expired token, by code or, as one public
// client does, by the text that comes with it.
func tokenRefused(err error) bool {
	f := fault.From(err)
	if f == nil || !strings.HasPrefix(f.Code, "vendor.") {
		return false
	}
	return f.Code == codeToken || strings.Contains(strings.ReplaceAll(f.Message, " ", ""), "access_token已过期")
}
