package retry_test

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/pagetest"
	"github.com/karezflow/karez/engine/retry"
)

// words are what a language calls the cases and what becomes of them.
type words struct {
	file, title, head, columns, tail string
	cases                            map[retry.Case]string
	ends                             map[retry.End]string
	not, always, doubled, tries, any string
	own                              map[retry.Case]string
}

func chinese() words {
	return words{
		file: "retries.zh.md", title: "# 自动重试 {#retries}",
		head: "写入失败后，由错误的种类决定等多久再试、试几次、最后怎样。写入目标的“失败重试”可以改其中的间隔、次数和放弃时间。间隔每次加倍，直到最长间隔，再随机加长最多四分之一，免得一起失败的单据又一起重试；" +
			"目标系统要求等得更久时，按它的要求。",
		columns: "| 失败 | 间隔 | 次数 | 时间 | 最后 |",
		tail: "次数只算目标系统拒绝或没有应答的那些，从没到达目标系统的不算。有人点“重试”或“重发”后，次数和时间重新计算。写入任务的状态见[写入任务状态的变化](/help/delivery-states)，" +
			"每个目标的设置见[写入目标](/help/node-target#retries)。回写和通知的调用也按这张表，不能单独设置。\n",
		cases: map[retry.Case]string{
			retry.Unreached: "连接不上目标系统，或它整个拒绝了请求（例如维护中）", retry.Mending: "连接器要修复：账号、密钥、权限、设置", retry.Transient: "目标系统处理这张单据时出了暂时的故障",
			retry.Rate: "目标系统要求慢一点", retry.BusinessWait: "缺少基础资料，或库存不足", retry.Lost: "应答丢失，结果未知", retry.Duplicate: "目标系统已有同一主键的单据",
			retry.Data: "单据本身被拒绝，或程序出错", retry.Flow: "方案暂时不能走：节点或联查有暂时的故障", retry.Store: "台账暂时写不进去",
		},
		ends: map[retry.End]string{retry.GoesOn: "一直重试", retry.Rejects: "失败", retry.Asks: "待人工确认"},
		own: map[retry.Case]string{
			retry.Mending: "一直重试；保存连接器后立即重试", retry.BusinessWait: "失败；缺的基础资料到了就立即重试", retry.Lost: "待人工确认；每次先查证，确认没有才重发；重发会重复而又不能查证的写入，立即待人工确认",
			retry.Duplicate: "重试时遇到的去查证；否则按“目标已存在时”",
		},
		not: "不自动重试", always: "每次 %s", doubled: "%s 起，最长 %s", tries: "%d 次", any: "不限",
	}
}

func english() words {
	return words{
		file: "retries.en.md", title: "# Automatic retries {#retries}",
		head: "When a write fails, the kind of failure decides how long it waits, how often it is tried and what becomes of it then. Retries of a target changes the waits, the attempts and the time. Each wait is twice the one before, up to the longest, and up to a quarter longer by chance, so that what failed together does not come back together; " +
			"where the target asks for a longer wait, that is kept.",
		columns: "| Failure | Waits | Attempts | Time | In the end |",
		tail: "Only attempts count that the target refused or did not answer, not those that never reached it. A person's retry or resend begins the count and the time anew. For the states of a delivery see [how deliveries change their state](/help/delivery-states), " +
			"for the settings [target](/help/node-target#retries). The calls of writebacks and messages follow this table too and have no settings of their own.\n",
		cases: map[retry.Case]string{
			retry.Unreached: "the target can't be reached, or refused the whole call (maintenance, for example)", retry.Mending: "the connection has to be mended: account, secret, right, setting", retry.Transient: "the target had a failure that passes while it handled the document",
			retry.Rate: "the target wants fewer calls", retry.BusinessWait: "base data are missing or stock is short", retry.Lost: "the answer was lost, the outcome is unknown", retry.Duplicate: "the target holds a document with the key",
			retry.Data: "the document itself is refused, or a program is at fault", retry.Flow: "the flow can't go on: a node or a look-up has a failure that passes", retry.Store: "the ledger can't be written",
		},
		ends: map[retry.End]string{retry.GoesOn: "goes on", retry.Rejects: "failed", retry.Asks: "needs a decision"},
		own: map[retry.Case]string{
			retry.Mending: "goes on, at once when the connection is saved", retry.BusinessWait: "failed; tried at once when the missing base data come", retry.Lost: "needs a decision; it is looked up first and sent again only when it is not there; a write that would be doubled and can't be looked up needs a decision at once",
			retry.Duplicate: "looked up when it was sent before, else by When it exists already",
		},
		not: "not by itself", always: "%s each time", doubled: "from %s, at most %s", tries: "%d", any: "any",
	}
}

func short(d time.Duration) string {
	return strings.NewReplacer("m0s", "m", "h0m", "h").Replace(d.String())
}

// page renders the table.
func (w words) page(t *testing.T) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s\n|---|---|---|---|---|\n", w.title, w.head, w.columns)
	for _, r := range retry.Default() {
		if w.cases[r.Case] == "" || w.ends[r.End] == "" {
			t.Errorf("%s does not tell of %s or %s", w.file, r.Case, r.End)
		}
		waits, tries, within, end := w.not, w.any, w.any, w.ends[r.End]
		switch {
		case r.First == 0:
			tries, within = "1", "—"
		case r.Most == 0:
			waits = fmt.Sprintf(w.always, short(r.First))
		default:
			waits = fmt.Sprintf(w.doubled, short(r.First), short(r.Most))
		}
		if r.Tries > 0 {
			tries = fmt.Sprintf(w.tries, r.Tries)
		}
		if r.Within > 0 {
			within = short(r.Within)
		}
		if own := w.own[r.Case]; own != "" {
			end = own
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", w.cases[r.Case], waits, tries, within, end)
	}
	b.WriteString("\n" + w.tail)
	return b.Bytes()
}

var update = flag.Bool("update", false, "write the pages of the documentation")

// TestPages keeps the pages that people read equal to the table.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, w := range []words{chinese(), english()} {
		pagetest.Equal(t, w.file, w.page(t), *update)
	}
}
