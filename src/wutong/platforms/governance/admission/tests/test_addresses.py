"""Shanghai addresses as people and old papers write them."""

import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wutong.platforms.governance.admission.addresses.spelling import chinese, numeral
from wutong.platforms.governance.admission.api import Address, AdmissionError, HouseNumber, read_address

REAL = Path(__file__).resolve().parents[7] / "shared/realdata/organisations.csv"
HOME = "徐汇区田林路65弄12号301室"


@pytest.mark.parametrize(
    "text",
    [
        "上海市徐汇区田林路65弄12号301室",
        "上海徐汇区 田林路 65弄 12号 301室",
        "上海市徐汇区田林街道田林路６５弄１２号３０１室",
        "徐汇区田林路六十五弄十二号三〇一室",
        "徐汇区田林路65弄12号301",
        "徐汇区田林路65弄12号-301",
        "徐汇区田林路65弄12号3楼301室",
        "徐汇区田林路65弄12#301室",
        "沪徐汇区田林路陆拾伍弄拾贰号叁零壹室",
        "上海市市辖区徐汇区田林路65弄12号，301室",
        "徐汇区田林路65弄田林小区12号301室",
        "徐汇区田林街道田林十二村居委会田林路65弄12号301室",
    ],
)
def test_one_home_in_many_spellings(text):
    assert read_address(text).home == HOME
    assert read_address(text).whole


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("漕溪北路1200弄3支弄5号", {"road": "漕溪北路", "lane": "1200", "branch": "3", "number": "5"}),
        ("绍兴路5号甲", {"road": "绍兴路", "number": "5甲"}),
        ("绍兴路甲5号", {"road": "绍兴路", "number": "5甲"}),
        ("中山东一路12-1号", {"road": "中山东一路", "number": "12-1"}),
        ("中山东一路12号之1", {"road": "中山东一路", "number": "12-1"}),
        ("田林路临12号", {"road": "田林路", "number": "临12"}),
        ("临平路123号", {"road": "临平路", "number": "123"}),
        ("镇宁路200号", {"road": "镇宁路", "number": "200"}),
        ("沈家弄路100弄1号", {"road": "沈家弄路", "lane": "100", "number": "1"}),
        ("铁路新村12号", {"estate": "铁路新村", "number": "12"}),
        ("田林12村35号402", {"estate": "田林十二村", "number": "35", "room": "402"}),
        ("天钥新村二十七号", {"estate": "天钥新村", "number": "27"}),
        ("浦东大道1200号", {"road": "浦东大道", "number": "1200"}),
        ("浦东北路9号", {"road": "浦东北路", "number": "9"}),
        ("浦东川沙新镇妙境路12弄3幢401室", {"district": "浦东新区", "town": "川沙新镇", "road": "妙境路", "lane": "12", "building": "3", "room": "401"}),
        ("浦东新区张杨路1号", {"district": "浦东新区", "road": "张杨路", "number": "1"}),
        ("浦东张杨路1号", {"district": "浦东新区", "road": "张杨路", "number": "1"}),
        ("浦东新张杨路1号", {"district": "浦东新区", "road": "张杨路", "number": "1"}),
        ("浦东区张杨路1号", {"district": "浦东新区", "road": "张杨路", "number": "1"}),
        ("南汇区惠南镇人民路1号", {"district": "浦东新区", "town": "惠南镇", "road": "人民路", "number": "1"}),
        ("卢湾区瑞金二路12号", {"district": "黄浦区", "road": "瑞金二路", "number": "12"}),
        ("闸北区天目中路1号", {"district": "静安区", "road": "天目中路", "number": "1"}),
        ("崇明县城桥镇人民路12号", {"district": "崇明区", "town": "城桥镇", "road": "人民路", "number": "12"}),
        ("闵行区梅陇镇许泾村3组12号", {"district": "闵行区", "town": "梅陇镇", "estate": "许泾村", "group": "3组", "number": "12"}),
        ("东方路1988弄A座1201室", {"road": "东方路", "lane": "1988", "building": "A", "room": "1201"}),
        ("农南路22号3单元201室", {"road": "农南路", "number": "22", "unit": "3", "room": "201"}),
        ("上海路12号", {"road": "上海路", "number": "12"}),
        ("沪闵路7388号", {"road": "沪闵路", "number": "7388"}),
        ("上海市嘉定区马陆镇沪宜公路2001号", {"district": "嘉定区", "town": "马陆镇", "road": "沪宜公路", "number": "2001"}),
        ("上海漕宝路3509弄华悦家园12号301室", {"road": "漕宝路", "lane": "3509", "estate": "华悦家园", "number": "12", "room": "301"}),
        ("嘉定区嘉定镇街道清河路55号", {"district": "嘉定区", "town": "嘉定镇街道", "road": "清河路", "number": "55"}),
        ("静安区石门二路街道新闸路944弄1号", {"district": "静安区", "town": "石门二路街道", "road": "新闸路", "lane": "944", "number": "1"}),
        ("松江区九亭镇九亭大街680弄9号", {"district": "松江区", "town": "九亭镇", "road": "九亭大街", "lane": "680", "number": "9"}),
        ("普陀区曹杨八村12号", {"district": "普陀区", "estate": "曹杨八村", "number": "12"}),
    ],
)  # fmt: skip
def test_what_an_address_says(text, parts):
    assert {name: str(value) for name, value in vars(read_address(text)).items() if value} == parts


@pytest.mark.parametrize(
    "text",
    [
        "哈密路2016、2024号",
        "复兴中路1261号（总校）",
        "茂名南路175号/皋兰路20号",
        "田林路",
        "12号",
        "某某小区",
    ],
)
def test_what_is_not_one_house_is_left_for_the_eye(text):
    assert not read_address(text).whole


@pytest.mark.parametrize("text", ["", "　", " ，。"])
def test_no_address_is_refused(text):
    with pytest.raises(AdmissionError):
        read_address(text)


def test_the_district_of_the_form_is_taken_where_none_is_said():
    assert read_address("田林路65弄12号301室", district="徐汇区").home == HOME
    assert read_address("静安区田林路65弄", district="徐汇区").district == "静安区"


numbers = st.builds(HouseNumber, st.integers(1, 2999), st.sampled_from(["", "", "甲", "乙", "-1", "临", "A"]))
plain_numbers = st.builds(HouseNumber, st.integers(1, 2999))
addresses = st.builds(
    Address,
    district=st.sampled_from(["徐汇区", "浦东新区", "崇明区"]),
    town=st.sampled_from(["", "田林街道", "川沙新镇"]),
    committee=st.sampled_from(["", "田林十二村居委", "许泾村村委"]),
    road=st.sampled_from(["田林路", "中山东一路", "浦东大道", "长寿支路", "沪太公路", "沈家弄路"]),
    lane=st.none() | plain_numbers,
    number=numbers,
    room=st.sampled_from(["", "301", "1201"]),
)


@given(addresses)
def test_what_is_written_is_read_again(address):
    assert read_address(str(address)) == address


@given(addresses, st.data())
def test_widths_numerals_and_spaces_do_not_matter(address, data):
    def spelled(number: HouseNumber | None) -> str:
        if number is None:
            return ""
        if number.mark:
            return str(number)
        return data.draw(st.sampled_from([str, full_width, spoken]))(number.value)

    lane = f"{spelled(address.lane)}弄" if address.lane else ""
    text = f"上海市{address.district} {address.road}{lane}　{spelled(address.number)}号"
    assert read_address(text).door == address.door


def full_width(number: int) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in str(number))


def spoken(number: int) -> str:
    """As one says it: 一千零八十八."""
    digits, said, zero = "零一二三四五六七八九", "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // scale % 10
        if digit:
            said += ("零" if zero and said else "") + digits[digit] + name
        zero = not digit
    return said.removeprefix("一") if said.startswith("一十") else said


@given(st.integers(1, 9999))
def test_numerals_spoken_and_spelled(number):
    assert numeral(spoken(number)) == number
    assert numeral("".join("〇一二三四五六七八九"[int(each)] for each in str(number))) == number


@given(st.integers(1, 99))
def test_villages_have_spoken_numbers(number):
    assert numeral(chinese(number)) == number


@pytest.mark.parametrize("text", ["百", "十百", "二三百", "零十", "一百一百"])
def test_what_is_no_number_is_left_alone(text):
    assert numeral(text) is None


@given(st.text(max_size=30))
def test_nothing_that_people_write_breaks_the_reader(text):
    try:
        address = read_address(text)
    except AdmissionError:
        return
    assert isinstance(address.home, str)


@example("0弄一街一一")
@given(st.text("上海市徐汇区浦东新田林路弄支号室村甲临-0123十二一百镇街道居委会", min_size=1, max_size=16))
def test_reading_again_what_was_read_changes_nothing(text):
    once = read_address(text)
    if once.whole:
        assert read_address(str(once)).home == once.home


@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/realdata beside the repository")
def test_the_addresses_of_real_schools():
    """One campus with one address is read whole; several, notes and slips are left for the eye."""
    with REAL.open(encoding="utf-8") as file:
        texts = [row["address"] for row in csv.DictReader(file) if row["address"]]
    plain = [text for text in texts if not set(text) & set("；;（(、/：内")]
    read = [read_address(text) for text in plain]
    assert len(plain) > 300
    assert [str(one) for one in read if not one.whole] == []
    assert [str(one) for one in read if read_address(str(one)).home != one.home] == []
