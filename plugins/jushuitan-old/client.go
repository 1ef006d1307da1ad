package main

import (
	"context"
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/hex"
	"io"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// codeTimestamp is the vendor's code for a timestamp that is off by more than ten minutes.
// The same numbers mean other things on the current platform.
const codeTimestamp = "vendor.180"

// codeClock says that a timestamp was refused because the clocks differ.
const codeClock = "erp321.clock_differs"

// minSkew is how far the vendor's clock must be off ours before it is believed
// that a refused timestamp is due to the clocks.
const minSkew = 2 * time.Minute

// client makes signed calls.
type client struct {
	settings settings
	http     *erphttp.Client
	clock    func() time.Time
	// skew is the vendor's clock less ours in nanoseconds, learned when a timestamp is refused.
	skew atomic.Int64
}

// answer is the vendor's envelope after success, with everything in it.
type answer struct {
	envelope item.Value
	date     time.Time
}

// call posts a body to a method. A refusal is a fault "vendor.<code>" with the vendor's own
// message and no class; the manifest's rules give it. When the vendor refuses the timestamp
// and its Date header shows another time, the fault is "erp321.clock_differs", and the
// next call goes by the vendor's time.
func (c *client) call(ctx context.Context, method string, body []byte) (answer, error) {
	now := c.clock().Add(time.Duration(c.skew.Load()))
	got, err := c.send(ctx, method, body, now)
	if fault.CodeOf(err) == codeTimestamp && !got.date.IsZero() && got.date.Sub(now).Abs() >= minSkew {
		c.skew.Store(int64(got.date.Sub(c.clock())))
		err = fault.New(codeClock, "聚水潭's clock differs by %s; its time is used from now on", got.date.Sub(now).Round(time.Minute)).
			Classed(fault.Transient).Unapplied().Because(err)
	}
	return got, err
}

func (c *client) send(ctx context.Context, method string, body []byte, now time.Time) (answer, error) {
	ts := strconv.FormatInt(now.Unix(), 10)
	query := url.Values{"partnerid": {c.settings.PartnerID}, "token": {c.settings.token}, "method": {method}, "ts": {ts}}
	query.Set("sign", sign(c.settings, method, ts))
	reply, err := c.http.Post(ctx, c.settings.Address+"/api/open/query.aspx?"+query.Encode(), "application/json;charset=UTF-8", nil, body)
	if err != nil {
		return answer{}, err
	}
	got := answer{date: reply.Date}
	text, err := reply.JSON()
	if err != nil {
		return got, err
	}
	got.envelope = item.Of(text)
	code, message := got.envelope.Field("code").Text(), c.http.Redact(got.envelope.Field("msg").Text())
	switch {
	case code == "":
		return got, unreadable("the answer is not 聚水潭's: it carries no code")
	case code != "0" || got.envelope.Field("issuccess").Text() == "false":
		if message == "" {
			message = "聚水潭 refused with code " + code
		}
		return got, fault.New("vendor."+code, "%s", message)
	}
	return got, nil
}

// sign signs a call: MD5 over method, partner, the system parameters in their order and the
// partner's key. The body is not signed (public: the older platform's page on signatures).
func sign(s settings, method, ts string) string {
	sum := md5.New() //nolint:gosec // the vendor's signature is MD5
	_, _ = io.WriteString(sum, method+s.PartnerID+"token"+s.token+"ts"+ts+s.partnerKey)
	return hex.EncodeToString(sum.Sum(nil))
}
