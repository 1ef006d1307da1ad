// Package sandbox simulates a custom robot in a group of 钉钉: signature, keywords,
// allowed callers, limit and the vendor's own refusals. It knows nothing of the
// connector, so that a mistake there is not repeated here.
//
// It may import the standard library and plugins/internal/robotbox only.
package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/karezflow/karez/plugins/internal/robotbox"
)

// The invented robot every sandbox has.
const (
	Token  = "karezsandboxtoken00000000000000000000000000000000000000000000001"
	Secret = "SECkarezsandboxsecret0001" //nolint:gosec // works in a sandbox only
)

// maxBytes is documented by the refusal "message too long, exceed 20000 bytes"; that
// it measures the whole body is an assumption on the safe side.
const maxBytes = 20000

// New makes a sandbox. Documented are 20 messages a minute and a block of ten minutes
// after that; the block is off so that tests need not wait for it.
func New(clock func() time.Time) *robotbox.Box {
	return robotbox.New(clock, robotbox.Vendor{
		Credentials: map[string]string{"accessToken": Token, "secret": Secret, "format": "markdown"},
		Settings:    robotbox.Settings{PerMinute: 20, Signed: true, ClockSeconds: 3600, RefusalStatus: http.StatusOK},
		Admit:       admit,
		Content:     content,
		TooFast:     *robotbox.Refuse(130101, "send too fast, exceed 20 times per minute"),
		Busy:        *robotbox.Refuse(-1, "系统繁忙"),
		Answer: func(code int, message string) any {
			return map[string]any{"errcode": code, "errmsg": message}
		},
	})
}

func admit(c robotbox.Call) *robotbox.Refusal {
	query := c.URL.Query()
	switch {
	case c.URL.Path != "/robot/send":
		return robotbox.Refuse(404, "请求的URI地址不存在")
	case c.Method != http.MethodPost:
		return robotbox.Refuse(43002, "需要POST请求")
	case query.Get("access_token") == "":
		return robotbox.Refuse(40035, "缺少参数 access_token")
	case query.Get("access_token") != Token:
		return robotbox.Refuse(300005, "token is not exist")
	case !c.Allowed():
		return robotbox.Refuse(310000, "ip "+c.From()+" not in whitelist")
	case !c.Settings.Signed:
		return nil
	}
	moment, err := strconv.ParseInt(query.Get("timestamp"), 10, 64)
	if err != nil || c.Stale(time.UnixMilli(moment)) {
		return robotbox.Refuse(310000, "invalid timestamp")
	}
	mac := hmac.New(sha256.New, []byte(Secret))
	_, _ = mac.Write([]byte(query.Get("timestamp") + "\n" + Secret))
	if query.Get("sign") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return robotbox.Refuse(310000, "sign not match")
	}
	return nil
}

func content(c robotbox.Call) *robotbox.Refusal {
	var message struct {
		MsgType string `json:"msgtype"`
		Text    *struct {
			Content string `json:"content"`
		} `json:"text"`
		Markdown *struct {
			Title string `json:"title"`
			Text  string `json:"text"`
		} `json:"markdown"`
	}
	if c.Fields == nil || json.Unmarshal(c.Body, &message) != nil {
		return robotbox.Refuse(40035, "缺少参数 json")
	}
	if len(c.Body) > maxBytes {
		return robotbox.Refuse(460101, "message too long, exceed 20000 bytes")
	}
	var said string
	switch {
	case message.MsgType == "text" && message.Text != nil && message.Text.Content != "":
		said = message.Text.Content
	case message.MsgType == "text":
		return robotbox.Refuse(400602, "miss param : text->content")
	case message.MsgType == "markdown" && (message.Markdown == nil || message.Markdown.Title == "" || message.Markdown.Text == ""):
		return robotbox.Refuse(400602, "miss param : markdown->title or text")
	case message.MsgType == "markdown":
		said = message.Markdown.Title + "\n" + message.Markdown.Text
	default:
		return robotbox.Refuse(400105, "unsupported msgtype")
	}
	if !c.Worded(said) {
		return robotbox.Refuse(310000, "keywords not in content")
	}
	return nil
}
