package erphttp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
)

// Reply is a whole answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	// Date is the vendor's clock, zero when it sent none.
	Date time.Time
}

// JSON gives the body without a byte order mark, checked once to be one JSON
// value in UTF-8. Its faults are "http.empty", "http.html" (a gateway's page came
// instead of the system's answer) and "http.not_json" (cut short or garbled), all
// Transient and silent about whether a write was applied; and "http.not_utf8" of
// class Data, which would be the same on the next try.
func (r *Reply) JSON() ([]byte, error) {
	body := bytes.TrimSpace(bytes.TrimPrefix(r.Body, []byte("\xef\xbb\xbf")))
	switch {
	case len(body) == 0:
		return nil, fault.New("http.empty", "the system answered nothing").Classed(fault.Transient).
			Hinted("the address may be that of something else: check it, and try again")
	case body[0] == '<':
		return nil, fault.New("http.html", "the system answered with a web page instead of data").Classed(fault.Transient).
			Hinted("a gateway, a log-in page or a maintenance notice may stand between; check the address")
	case !json.Valid(body):
		return nil, fault.New("http.not_json", "the system's answer is cut short or is not JSON").Classed(fault.Transient).
			Hinted("the address may be that of something else, or a proxy cuts answers: check it, and try again")
	case !utf8.Valid(body):
		return nil, fault.New("http.not_utf8", "the system's answer holds bytes that are not UTF-8").Classed(fault.Data)
	default:
		return body, nil
	}
}

// retryAfter reads the Retry-After header, in seconds or as a date on the vendor's clock.
func (r *Reply) retryAfter() time.Duration {
	text := r.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && !r.Date.IsZero() && at.After(r.Date) {
		return at.Sub(r.Date)
	}
	return 0
}

// statusFault gives the fault of a status that is not the system's own answer, or nil.
func (r *Reply) statusFault() error {
	f := fault.New("http.status", "the system answered HTTP %d", r.Status).Arg("status", http.StatusText(r.Status)).After(r.retryAfter())
	switch {
	case r.Status < http.StatusMultipleChoices:
		return nil
	case r.Status < http.StatusBadRequest:
		return f.Classed(fault.Config).Hinted("the address leads elsewhere; enter the address it redirects to")
	case r.Status == http.StatusTooManyRequests:
		return f.Classed(fault.Rate).Unapplied().Advised("too many calls: it is tried again later; the limit of the connection can be lowered", "调用过于频繁：稍后自动重试；可以在连接器中调低调用上限")
	case r.Status == http.StatusUnauthorized:
		return f.Classed(fault.Auth).Unapplied().Advised("the system does not accept the account: check key, secret or password, and whether they have expired or belong to another environment",
			"系统不接受这个账号：请检查密钥或密码，以及它们是否已过期、是否属于另一个环境")
	case r.Status == http.StatusForbidden:
		return f.Classed(fault.Auth).Unapplied().Advised("the account may not do this: have the right granted, and see whether the system lets only listed addresses in",
			"账号没有这项权限：请对方授权，并检查对方是否只允许白名单中的 IP 访问")
	case r.Status == http.StatusNotFound:
		return f.Classed(fault.Config).Unapplied().Advised("there is nothing at this address: check the address of the connection and its path", "这个地址上没有接口：请检查连接器中的地址和路径")
	case r.Status == http.StatusProxyAuthRequired:
		return f.Classed(fault.Config).Unapplied().Advised("a proxy between here and the system asks for an account: have this machine let through", "中间的代理要求登录：请让代理放行本机")
	case r.Status >= http.StatusInternalServerError || r.Status == http.StatusRequestTimeout:
		return f.Classed(fault.Transient).Advised("the system itself is in trouble: it is tried again; ask its operator if it goes on", "对方系统出错：会自动重试；持续出现时请联系对方")
	default:
		return f.Classed(fault.Config).Unapplied().Advised("the system refuses the call: check the address and the settings of the connection", "系统拒绝了请求：请检查地址和连接器的设置")
	}
}
