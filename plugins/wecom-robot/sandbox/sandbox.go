// Package sandbox simulates a robot in a group of 企业微信: its key, its limit, the
// lengths it takes and the vendor's own refusals. It knows nothing of the connector,
// so that a mistake there is not repeated here.
//
// It may import the standard library and plugins/internal/robotbox only.
package sandbox

import (
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/plugins/internal/robotbox"
)

// Key is the invented robot every sandbox has; it works in a sandbox only.
const Key = "0ca5e000-0000-4000-8000-0000000000c1"

// The documented lengths of a content, in bytes.
const (
	maxText     = 2048
	maxMarkdown = 4096
)

// New makes a sandbox with the documented limit of 20 messages a minute.
func New(clock func() time.Time) *robotbox.Box {
	return robotbox.New(clock, robotbox.Vendor{
		Credentials: map[string]string{"key": Key, "format": "markdown"},
		Settings:    robotbox.Settings{PerMinute: 20, RefusalStatus: http.StatusOK},
		Admit:       admit,
		Content:     content,
		TooFast:     *robotbox.Refuse(45009, "api freq out of limit"),
		Busy:        *robotbox.Refuse(-1, "system busy"),
		Answer: func(code int, message string) any {
			return map[string]any{"errcode": code, "errmsg": message}
		},
	})
}

func admit(c robotbox.Call) *robotbox.Refusal {
	switch {
	case c.URL.Path != "/cgi-bin/webhook/send" || c.Method != http.MethodPost:
		return robotbox.Refuse(404, "not found")
	case c.URL.Query().Get("key") != Key:
		return robotbox.Refuse(93000, "invalid webhook url")
	default:
		return nil
	}
}

func content(c robotbox.Call) *robotbox.Refusal {
	var message struct {
		MsgType string `json:"msgtype"`
		Text    struct {
			Content string `json:"content"`
		} `json:"text"`
		Markdown struct {
			Content string `json:"content"`
		} `json:"markdown"`
	}
	if c.Fields == nil || json.Unmarshal(c.Body, &message) != nil || !utf8.Valid(c.Body) {
		return robotbox.Refuse(40008, "invalid message type")
	}
	switch {
	case message.MsgType == "text" && message.Text.Content == "", message.MsgType == "markdown" && message.Markdown.Content == "":
		return robotbox.Refuse(44004, "empty content")
	case message.MsgType == "text" && len(message.Text.Content) > maxText:
		return robotbox.Refuse(40058, "text.content exceed max length 2048. invalid Request Parameter")
	case message.MsgType == "markdown" && len(message.Markdown.Content) > maxMarkdown:
		return robotbox.Refuse(40058, "markdown.content exceed max length 4096. invalid Request Parameter")
	case message.MsgType != "text" && message.MsgType != "markdown":
		return robotbox.Refuse(40008, "invalid message type")
	default:
		return nil
	}
}
