// Command wecom-robot is the connector of robots in groups of 企业微信: it says a
// message in the robot's group and mentions people there. Where a comment names no
// other source, it is the vendor's page 消息推送配置说明
// (developer.work.weixin.qq.com/document/path/99110, before: 群机器人配置说明, path/91770).
//
// It may import the standard library, the sdk and plugins/internal only, and the
// sandbox only where the program is put together.
package main

import (
	"cmp"
	"context"
	_ "embed"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/plugins/internal/robot"
	"github.com/karezflow/karez/sdk/connector"
)

//go:embed manifest.yaml
var manifestYAML string

const (
	// defaultAddress is the vendor's; an installation of one's own has another.
	defaultAddress = "https://qyapi.weixin.qq.com"
	// maxText and maxMarkdown are the documented lengths of a content, in bytes.
	maxText     = 2048
	maxMarkdown = 4096
	// maxTitle keeps a title to a line or two.
	maxTitle = 200
)

// wecom implements connector.Connector.
type wecom struct{ clock func() time.Time }

func newConnector(clock func() time.Time) wecom { return wecom{clock} }

// Manifest implements connector.Connector.
func (wecom) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (w wecom) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	var g group
	if err := account.Read(&g); err != nil {
		return nil, err
	}
	g.Address = cmp.Or(g.Address, defaultAddress)
	key, err := robot.Token(account.Secrets["key"], g.Address, func(u *url.URL) string { return u.Query().Get("key") })
	if err != nil {
		return nil, err
	}
	g.key = key
	return robot.New(g, host, w.clock, key), nil
}

// group is a robot in its group. It implements robot.Robot.
type group struct {
	Address string `json:"address"`
	// Format is markdown, or text.
	Format string `json:"format"`

	key string
}

// call is the vendor's body.
type call struct {
	MsgType  string    `json:"msgtype"`
	Text     *text     `json:"text,omitempty"`
	Markdown *markdown `json:"markdown,omitempty"`
}

type text struct {
	Content string   `json:"content"`
	Users   []string `json:"mentioned_list,omitempty"`
	Mobiles []string `json:"mentioned_mobile_list,omitempty"`
}

type markdown struct {
	Content string `json:"content"`
}

func (g group) url() string {
	return strings.TrimRight(g.Address, "/") + "/cgi-bin/webhook/send?" + url.Values{"key": {g.key}}.Encode()
}

// Post implements robot.Robot. Phones, and everybody, are mentioned by a text alone,
// so a message to them is sent as one; a Markdown mentions user ids.
func (g group) Post(m message.Message, _ time.Time) (robot.Request, error) {
	title := message.Cut(message.Line(m.Title), maxTitle)
	byText := func(one string) bool { return message.Phone(one) || message.Everybody(one) }
	if g.Format == "text" || slices.ContainsFunc(m.To, byText) {
		said := &text{}
		for _, one := range m.To {
			switch {
			case message.Everybody(one):
				said.Users = append(said.Users, "@all")
			case message.Phone(one):
				said.Mobiles = append(said.Mobiles, one)
			default:
				said.Users = append(said.Users, strings.TrimPrefix(one, "@"))
			}
		}
		said.Content = message.Cut(message.Join("\n", title, m.Text), maxText)
		return g.request(call{MsgType: "text", Text: said}), nil
	}
	var names []string
	for _, one := range m.To {
		names = append(names, "<@"+strings.TrimPrefix(one, "@")+">")
	}
	if title != "" {
		title = "### " + title
	}
	write := func(text string) string { return message.Join("\n", title, text, strings.Join(names, " ")) }
	said := write(message.Fit(m.Text, maxMarkdown, func(text string) int { return len(write(text)) }))
	return g.request(call{MsgType: "markdown", Markdown: &markdown{message.Cut(said, maxMarkdown)}}), nil
}

func (g group) request(body call) robot.Request {
	return robot.Request{URL: g.url(), Body: robot.Body(body)}
}

// Hollow implements robot.Robot.
func (g group) Hollow(time.Time) (robot.Request, error) {
	return g.request(call{MsgType: "text", Text: &text{}}), nil
}

// Complains implements robot.Robot
// (developer.work.weixin.qq.com/document/path/90313, 全局错误码).
func (group) Complains(code, _ string) bool {
	return slices.Contains([]string{"40008", "40035", "40058", "44004"}, code)
}

// Names implements robot.Robot.
func (group) Names() (code, words string) { return "errcode", "errmsg" }
