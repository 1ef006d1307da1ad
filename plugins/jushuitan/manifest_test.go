package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestManifestDeclaresWhatTheConnectorServes(t *testing.T) {
	t.Parallel()
	m := parsedManifest(t)
	if m.ID != "jushuitan" || m.TimeZone != "Asia/Shanghai" || m.LimitKey != "appKey" || len(m.Limits) != 2 {
		t.Errorf("%s, %s, limits %v by %s", m.ID, m.TimeZone, m.Limits, m.LimitKey)
	}
	if string(newConnector(time.Now).Manifest()) != manifestYAML {
		t.Error("the connector serves another manifest")
	}
	for _, o := range m.Operations {
		_, read := endpointOf(o.Name)
		_, written := uploadOf(o.Name)
		if read != (o.Kind == manifest.Query) || written != (o.Kind == manifest.Write) {
			t.Errorf("%s (%s) is declared but the connector does not know where it is", o.Name, o.Kind)
		}
		if o.Kind == manifest.Write && o.Writing.Create.Probe {
			if by, ok := probeOf(o.Name); !ok || by.max > byNumberMax(m, by.query) {
				t.Errorf("%s is looked up, and the connector does not know how", o.Name)
			}
		}
		for _, texts := range textsOf(&o) {
			if texts.ZH == "" || texts.EN == "" {
				t.Errorf("%s has a text in one language only: %+v", o.Name, texts)
			}
		}
	}
	refund, _ := m.Operation("refund.single.query")
	if refund.Key != "{{as_id}}" || refund.Number != "{{so_id}}" || refund.Modified != "{{modified}}" {
		t.Errorf("identity: %s %s %s", refund.Key, refund.Number, refund.Modified)
	}
	if w := refund.Window; w.Span.Std() != 168*time.Hour || w.Granularity.Std() != time.Second || w.Lag.Std() != 2*time.Minute || w.LookBack.Std() != 10*time.Minute {
		t.Errorf("window: %+v", w)
	}
	if p := refund.Paging; p.First != 1 || p.DefaultSize != 50 || p.MaxSize != 50 || p.Direction != manifest.Backward || !p.Total {
		t.Errorf("paging: %+v", p)
	}
	for _, name := range []string{"page_index", "page_size", "is_get_total"} {
		if f := field.Find(refund.Request, name); f == nil || f.Group != field.Other {
			t.Errorf("%s should be one of the other request parameters", name)
		}
	}
	for _, key := range []string{"appSecret", "authCode", "accessToken", "refreshToken"} {
		at := slices.IndexFunc(m.Settings, func(s field.Setting) bool { return s.Key == key })
		if at < 0 || !m.Settings[at].Secret {
			t.Errorf("%s should be a secret setting", key)
		}
	}
}

// byNumberMax is how many so_ids a query takes (documented).
func byNumberMax(m *manifest.Manifest, query string) int {
	o, _ := m.Operation(query)
	if query == "orders.single.query" {
		return o.ByNumber.Max
	}
	return 50
}

// textsOf gives the titles and the explanations of an operation.
func textsOf(o *manifest.Operation) []field.Text {
	texts := []field.Text{o.Title}
	var walk func(fields []field.Field)
	walk = func(fields []field.Field) {
		for _, f := range fields {
			texts = append(texts, f.Title)
			if f.Describe.ZH != "" {
				texts = append(texts, f.Describe)
			}
			walk(f.Children)
		}
	}
	walk(o.Request)
	walk(o.Response)
	for _, r := range o.Rules {
		texts = append(texts, r.Hint)
	}
	return texts
}

// TestManifestDeclaresEveryField compares the declared fields with what the
// sandbox sends and with the scheme consultants already own.
func TestManifestDeclaresEveryField(t *testing.T) {
	t.Parallel()
	m := parsedManifest(t)
	vendor := sandbox.New(start, fast())
	for kind, operation := range map[string]string{
		"refund": "refund.single.query", "order": "orders.single.query", "stockout": "orders.out.simple.query", "receipt": "aftersale.received.query",
		"purchasein": "purchasein.query", "other": "other.inout.query", "inventory": "inventory.query", "sku": "sku.query", "shop": "shops.query",
		"warehouse": "wms.partner.query", "supplier": "supplier.query", "carrier": "logisticscompany.query",
	} {
		o, _ := m.Operation(operation)
		objects, _ := vendor.Objects(kind)
		if o.Object != kind || len(objects) == 0 {
			t.Errorf("%s reads %s, of which there are %d", operation, o.Object, len(objects))
		}
		for _, raw := range objects[:min(20, len(objects))] {
			for name, value := range item.Of(raw).Fields() {
				if field.Find(o.Response, name) == nil {
					t.Errorf("%s sends %s, which is not declared", operation, name)
				}
				for line := range value.Elements() {
					for child := range line.Fields() {
						if field.Find(o.Response, name+"."+child) == nil {
							t.Errorf("%s sends %s.%s, which is not declared", operation, name, child)
						}
					}
				}
			}
		}
	}
	refund, _ := m.Operation("refund.single.query")
	for name := range strings.FieldsSeq(`shop_id is_offline_shop modified_begin modified_end so_ids shop_buyer_ids page_index page_size
		o_ids as_ids status start_ts is_get_total good_status type owner_co_id`) {
		if field.Find(refund.Request, name) == nil {
			t.Errorf("request field %s is not declared", name)
		}
	}
	for name := range strings.FieldsSeq(`as_date outer_as_id o_id so_id created modified status shop_status remark question_type warehouse
		refund payment good_status node order_status shop_id logistics_company l_id wh_id wms_co_id confirm_date freight drp_co_id_from
		receiver_mobile receiver_name shop_buyer_id items items.as_id items.type items.asi_id items.sku_id items.qty items.price
		items.amount items.name items.pic items.properties_value items.outer_oi_id items.sku_type items.r_qty batchs.batch_no sns.sn images.key`) {
		if field.Find(refund.Response, name) == nil {
			t.Errorf("response field %s is not declared", name)
		}
	}
}

func TestRulesReadTheVendorsCodes(t *testing.T) {
	t.Parallel()
	m := parsedManifest(t)
	for _, tc := range []struct {
		code, message string
		class         fault.Class
		wait          time.Duration
		hint          string
	}{
		{"vendor.199", "调用频次超过限制!请稍后再试", fault.Rate, time.Second, "5 次"},
		{"vendor.200", "调用频次超过限制!请稍后再试", fault.Rate, time.Minute, "100 次"},
		{"vendor.100", "验证失败！无效的access_token或access_token已过期", fault.Auth, 0, "授权"},
		{"vendor.7", "access_token 已过期", fault.Auth, 0, "过期"},
		{"vendor.150", "不允许刷新", fault.Auth, 0, "重新授权"},
		{"vendor.10", "验证失败！无效签名", fault.Config, 0, "App Secret"},
		{"vendor.110", "IP 1.2.3.4", fault.Config, 0, "白名单"},
		{"vendor.140", "无效的时间戳", fault.Config, 0, "时间"},
		{"vendor.190", "没有权限", fault.Config, 0, "申请"},
		{"vendor.130", "x", fault.Config, 0, "参数"},
		{"vendor.170", "x", fault.Config, 0, "参数"},
		{"vendor.10015", "x", fault.Config, 0, "参数"},
		{"vendor.-4", "x", fault.Config, 0, "参数"},
		{"vendor.500", "系统繁忙", fault.Transient, 30 * time.Second, "重试"},
		{"vendor.500", "something else", "", 0, ""},
	} {
		f := m.Classify("refund.single.query", fault.New(tc.code, "%s", tc.message))
		if f.Class != tc.class || f.RetryAfter != tc.wait || !strings.Contains(f.Args[fault.HintZH], tc.hint) || f.Message != tc.message {
			t.Errorf("%s %q: class %q, wait %v, hint %q", tc.code, tc.message, f.Class, f.RetryAfter, f.Args[fault.HintZH])
		}
	}
	for i, r := range m.Rules {
		if r.Hint.ZH == "" || r.Hint.EN == "" {
			t.Errorf("rule %d has no hint in both languages", i)
		}
	}
}

func TestSettingsFitTheManifest(t *testing.T) {
	t.Parallel()
	m := parsedManifest(t)
	given := map[string]string{"address": "http://127.0.0.1:1"}
	maps.Copy(given, sandbox.New(start, fast()).Credentials())
	raw, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	if faults := field.Check(m.Settings, raw); len(faults) > 0 {
		t.Errorf("the sandbox's credentials do not fit: %v", faults)
	}
	for name, bad := range map[string]string{
		"no secret":    `{"appKey":"k"}`,
		"unknown mode": `{"appKey":"k","appSecret":"s","authMode":"other"}`,
	} {
		if len(field.Check(m.Settings, []byte(bad))) == 0 {
			t.Errorf("%s passes", name)
		}
	}
}

func TestIconIsAPicture(t *testing.T) {
	t.Parallel()
	connectortest.SVG(t, parsedManifest(t).Icon)
}
