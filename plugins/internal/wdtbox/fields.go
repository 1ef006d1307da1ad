package wdtbox

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// table are the fields of a row in their order.
type table struct {
	columns []column
	// list is the member of the lines, whose fields are line; "" where a row has none.
	list string
	line []column
}

// column is a field and how it is written: s text, i integer and d decimal as texts, n integer
// as a number, t time, a an empty list, z null.
type column struct {
	name string
	kind byte
}

func columns(text string) (list []column) {
	for word := range strings.FieldsSeq(text) {
		name, kind, _ := strings.Cut(word, ":")
		if kind == "" {
			kind = "s"
		}
		list = append(list, column{name, kind[0]})
	}
	return list
}

type tables struct{ trade, stockout, other, goods, shop, warehouse, carrier table }

// newTables are the documented fields. Ids and decimals are texts; small numbers are texts in
// orders and numbers in stock-outs, as samples of both show.
func newTables() tables {
	return tables{
		trade: table{
			columns(`trade_id:i trade_no platform_id:i shop_no shop_name shop_remark warehouse_type:i warehouse_no src_tids
			trade_status:i consign_status:i trade_type:i delivery_term:i freeze_reason:i refund_status:i fenxiao_type:i fenxiao_nick
			trade_time:t pay_time:t customer_name customer_no pay_account buyer_nick receiver_name receiver_province:i receiver_city:i
			receiver_district:i receiver_address receiver_mobile receiver_telno receiver_zip receiver_area receiver_ring receiver_dtb
			to_deliver_time bad_reason:i logistics_id:i logistics_name logistics_code logistics_type:i logistics_no shop_id:i
			warehouse_id:i check_step:i unmerge_mask:i delay_to_time:i customer_type:i customer_id:i receiver_country:i
			pre_charge_time is_prev_notify:i note_count:i buyer_message_count:i cs_remark_count:i cs_remark_change_count:i
			discount_change:d trade_prepay:d pi_amount:d other_cost:d volume:d sales_score:i flag_id:i is_sealed:i gift_mask:i
			split_from_trade_id:i logistics_template_id:i sendbill_template_id:i revert_reason:i cancel_reason:i is_unpayment_sms:i
			package_id:i trade_mask:i reserve large_type:i buyer_message cs_remark remark_flag:i print_remark goods_type_count:i
			goods_count:d goods_amount:d post_amount:d other_amount:d discount:d receivable:d dap_amount:d cod_amount:d ext_cod_fee:d
			goods_cost:d post_cost:d paid:d weight:d profit:d tax:d tax_rate:d commission:d invoice_type:i invoice_title
			invoice_content salesman_id:i checker_id:i fullname checker_name fchecker_id:i checkouter_id:i stockout_no flag_name
			trade_from:i single_spec_no raw_goods_count:d raw_goods_type_count:i currency split_package_num:i invoice_id:i
			version_id:i modified:t created:t id_card_type:i id_card fchecker_name checkouter_name freeze_reason_info fenxiao_tid tags:z`),
			"goods_list", columns(`rec_id:i trade_id:i spec_id:i platform_id:i src_oid platform_goods_id platform_spec_id suite_id:i flag:i
			src_tid gift_type:i refund_status:i guarantee_mode:i delivery_term:i bind_oid num:d price:d actual_num:d refund_num:d
			order_price:d share_price:d adjust:d discount:d share_amount:d share_post:d paid:d goods_name class_name prop2
			tc_order_id barcode goods_id:i goods_no spec_name spec_no spec_code suite_no suite_name suite_num:d suite_amount:d
			suite_discount:d share_amount2:d is_print_suite:i is_zero_cost:i stock_reserved:i is_consigned:i is_received:i
			is_master:i api_goods_name api_spec_name weight:d commission:d goods_type:i large_type:i invoice_type:i invoice_content
			from_mask:i cid remark modified:t created:t tax_rate:d base_unit_id:i unit_name`),
		},
		stockout: table{
			columns(`stockout_id order_no src_order_no status:n warehouse_no consign_time:t order_type:n order_type_name
			subtype:n src_order_type:n src_order_id src_trade_no stockout_no trade_id:i trade_no trade_status:n trade_type:n shop_no
			shop_name shop_remark platform_id:n warehouse_id:n warehouse_name warehouse_type:n src_tids customer_id customer_no
			customer_name:z nick_name:z trade_time:t pay_time:t delivery_term:n receiver_name:z receiver_country:n receiver_province
			receiver_city receiver_district receiver_province_code receiver_city_code receiver_district_code receiver_address:z
			receiver_mobile:z receiver_telno:z receiver_zip receiver_area receiver_ring receiver_dtb stockout_receiver_dtb
			logistics_id:n logistics_name logistics_code logistics_type:n logistics_no logistics_template_id sendbill_template_id
			logistics_print_status:n sendbill_print_status:n picklist_print_status:n invoice_print_status:n ebill_status:n
			goods_count:d goods_type_count:n goods_total_amount:d goods_total_cost:d raw_goods_count:d unknown_goods_amount:d
			calc_post_cost:d post_cost:d post_amount:d post_fee:d package_cost:d package_fee:d calc_weight:d post_weight:d weight:d
			discount:d receivable:d paid:d cod_amount:d tax:d tax_rate:d currency invoice_type:n invoice_title invoice_content
			invoice_id:n has_invoice:n buyer_message cs_remark print_remark remark flag_id:n flag_name bad_reason:n block_reason:n
			freeze_reason:n refund_status:n consign_status:n wms_status:n error_info fenxiao_type:n fenxiao_nick salesman_no
			salesman_name fullname employee_no operator_id:n operator_name checker_name checkouter_id:n consigner_id:n examiner_id:n
			examiner_no examiner_name packager_id:n packager_no packager_name picker_id:n picker_no picker_name printer_id:n
			printer_no printer_name sorter_id:n watcher_id:n pack_score:d pick_score:d pick_error_count:n picklist_no picklist_seq:n
			print_batch_no batch_no package_id pos_allocate_mode:n is_allocated:n lock_id:n md5_str note_count:n outer_no
			pre_charge_time to_deliver_time stock_check_time:t stockout_reason reason_id:n custom_type:n reserve id_card:z
			id_card_type:n created:t modified:t`),
			"details_list", columns(`rec_id stockout_id spec_id spec_no spec_code goods_no goods_name spec_name num:d sell_price:d
			retail_price:d price:d share_price:d share_amount:d share_post:d cost_price:d goods_cost:d weight:d gift_type:n src_oid
			src_tid refund_status:n suite_id suite_no suite_num:d batch_no remark modified:t position_list:a sn_list:a`),
		},
		other: table{
			columns(`stockout_id order_no src_order_no warehouse_no status:n consign_time:t order_type:n order_type_name
			subtype:n stockout_reason goods_count:d goods_total_amount:d goods_total_cost:d post_fee:d logistics_no logistics_code logistics_name
			logistics_type:n weight:d remark outer_no operator_name modified:t created:t`),
			"details_list", columns(`rec_id stockout_id spec_no spec_code goods_no goods_name spec_name num:d price:d total_amount:d
			cost_price:d weight:d position_no batch_no remark`),
		},
		goods: table{
			columns(`goods_id goods_no goods_name short_name alias goods_type:n spec_count:n pinyin brand_no brand_name remark
			prop1 prop2 prop3 prop4 prop5 prop6 origin class_id class_name brand_id unit aux_unit flag_id:n deleted:n
			created:t modified:t`),
			"spec_list", columns(`spec_id spec_no spec_code spec_name barcode retail_price:d wholesale_price:d member_price:d market_price:d
			lowest_price:d weight:d length:d width:d height:d tax_rate:d img_url is_sn_enable:n created:t modified:t deleted:n`),
		},
		shop: table{columns: columns(`platform_id:i sub_platform_id:i shop_id:i shop_no shop_name account_id account_nick province:i city:i
			district:i province_name city_name district_name address contact zip mobile telno remark is_disabled:i`)},
		warehouse: table{columns: columns(`warehouse_id:i warehouse_no name warehouse_type:i ext_warehouse_no province city district address
			contact telno zip mobile is_defect:i remark prop1 prop2 is_disabled:i modified:t`)},
		carrier: table{columns: columns(`logistics_id:i logistics_no logistics_name logistics_type:i province city district contact telno mobile
			address zip commission_ratio:d send_type:i prop1 prop2 prop3 is_disabled:i priority:i is_support_cod:i service_mask:i
			bill_type:i is_online:i is_manual:i remark created:t modified:t`)},
	}
}

// row writes a row with null in the place of what is hidden.
func (t *table) row(hidden []string, d *doc) []byte {
	out := append(object(nil, t.columns, hidden, d.field), '}')
	if t.list == "" {
		return out
	}
	out = append(append(out[:len(out)-1], `,"`+t.list...), `":[`...)
	for i, line := range d.lines {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(object(out, t.line, nil, func(name string) string { return line[name] }), '}')
	}
	return append(out, "]}"...)
}

// field gives a field of the row as text.
func (d *doc) field(name string) string {
	switch name {
	case "modified":
		return stamp(d.modified)
	case "consign_time":
		return stamp(d.sent)
	default:
		return d.values[name]
	}
}

// stamp writes a time, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(shanghai()).Format(time.DateTime)
}

// object writes an object without its closing brace.
func object(out []byte, columns []column, hidden []string, value func(string) string) []byte {
	out = append(out, '{')
	for i, c := range columns {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), c.name...), `":`...)
		text := value(c.name)
		switch {
		case slices.Contains(hidden, c.name) || c.kind == 'z' && text == "":
			out = append(out, "null"...)
		case c.kind == 'a':
			out = append(out, "[]"...)
		case c.kind == 'n' && text == "":
			out = append(out, '0')
		case c.kind == 'n':
			out = append(out, text...)
		case text != "":
			out = quote(out, text)
		default:
			out = quote(out, nothing(c.kind))
		}
	}
	return out
}

// nothing is how an empty field of a kind is written.
func nothing(kind byte) string {
	switch kind {
	case 'd':
		return "0.0000"
	case 'i':
		return "0"
	case 't':
		return "0000-00-00 00:00:00"
	default:
		return ""
	}
}

// quote writes a text as PHP does: every character beyond ASCII as \u.
func quote(out []byte, s string) []byte {
	out = append(out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\' || r == '/':
			out = append(out, '\\', byte(r))
		case r >= ' ' && r < 0x7f:
			out = append(out, byte(r))
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				hex := strconv.FormatUint(uint64(unit)|0x10000, 16)
				out = append(append(out, `\u`...), hex[1:]...)
			}
		}
	}
	return append(out, '"')
}
