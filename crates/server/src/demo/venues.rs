//! The venues of the launch table of 30 September 2021, under their real names, and who runs them. Those whose scenario
//! is not built yet are listed as coming.

use tongma_domain::PointKind;

use super::lodging::{FRONT_DESK, HOST};

/// A venue of the demo.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// The organisation, in Chinese and English; venues of one organisation share its pseudonyms.
    pub organisation: (&'static str, &'static str),
    /// The venue's name.
    pub name: (&'static str, &'static str),
    /// Its scenarios by id, built or not.
    pub scenarios: &'static [&'static str],
    /// The library union it belongs to.
    pub union: Option<&'static str>,
    /// Settings tuned away from the cards' defaults, `scenario.setting`.
    pub settings: &'static [(&'static str, i64)],
    /// Its points.
    pub points: &'static [Stand],
}

/// A point of the demo.
#[derive(Debug, Clone, Copy)]
pub struct Stand {
    /// Its name.
    pub name: (&'static str, &'static str),
    /// What it is.
    pub kind: PointKind,
    /// What it is for.
    pub scenario: &'static str,
}

const fn site(
    name: (&'static str, &'static str),
    scenarios: &'static [&'static str],
    points: &'static [Stand],
) -> Site {
    Site { organisation: name, name, scenarios, union: None, settings: &[], points }
}

const fn library(name: (&'static str, &'static str), points: &'static [Stand]) -> Site {
    Site { union: Some("guangdong"), settings: &[LOOKS_UP], ..site(name, &["library_loan"], points) }
}

const fn campus(name: (&'static str, &'static str)) -> Site {
    let organisation = ("广东省技师学院", "Guangdong Technician College");
    Site { organisation, ..site(name, CAMPUS, &[]) }
}

/// Staff may look a person without a phone up, before a witness.
const LOOKS_UP: (&str, i64) = (tongma_service::LOOK_UP_SETTING, 1);

const LIBRARY_DESK: Stand =
    Stand { name: ("一楼服务台", "Ground floor desk"), kind: PointKind::Desk, scenario: "library_loan" };
const CASHIER: Stand =
    Stand { name: ("收费窗口 1", "Cashier 1"), kind: PointKind::Desk, scenario: "hospital_bill" };

const MUSEUM: &[Stand] = &[
    Stand { name: ("正门闸机", "Main gate"), kind: PointKind::Gate, scenario: "museum_entry" },
    Stand { name: ("咨询台", "Information desk"), kind: PointKind::Desk, scenario: "museum_entry" },
];
/// The real museum closes at 17:00; a demo is tried at any hour.
const ALWAYS_OPEN: &[(&str, i64)] =
    &[("museum_entry.opens_min", 0), ("museum_entry.closes_min", 1440), ("museum_entry.session_min", 240)];

const KIOSK: Stand = Stand { name: ("自助取号机 1", "Kiosk 1"), kind: PointKind::Kiosk, scenario: "hall_queue" };
const BOARD: Stand = Stand { name: ("叫号屏", "Queue board"), kind: PointKind::Kiosk, scenario: "hall_queue" };
const COUNTER_1: Stand = Stand { name: ("1 号窗口", "Counter 1"), kind: PointKind::Desk, scenario: "hall_queue" };
const COUNTER_2: Stand = Stand { name: ("2 号窗口", "Counter 2"), kind: PointKind::Desk, scenario: "hall_queue" };
const INFORMATION: Stand =
    Stand { name: ("咨询台", "Information desk"), kind: PointKind::Desk, scenario: "hall_booking" };
const HALL: &[Stand] = &[KIOSK, BOARD, COUNTER_1, COUNTER_2, INFORMATION];
/// The same, with a window that asks for certificates.
const HALL_WITH_CERTIFICATES: &[Stand] = &[
    KIOSK,
    BOARD,
    COUNTER_1,
    COUNTER_2,
    INFORMATION,
    Stand {
        name: ("3 号窗口（证照）", "Counter 3 (certificates)"),
        kind: PointKind::Desk,
        scenario: "certificate_grant",
    },
];
/// Halls work on weekdays; a demo is tried on any day, at any hour.
const HALL_ALWAYS_OPEN: &[(&str, i64)] = &[
    ("hall_booking.opens_min", 0),
    ("hall_booking.closes_min", 1440),
    ("hall_booking.break_from_min", 1440),
    ("hall_booking.break_to_min", 1440),
    ("hall_booking.weekdays", 127),
    ("hall_booking.national_calendar", 0),
    ("hall_booking.days_ahead_least", 0),
    ("hall_queue.opens_min", 0),
    ("hall_queue.last_number_min", 1440),
    LOOKS_UP,
];

const CAMPUS: &[&str] = &[
    "campus_gate",
    "dorm_gate",
    "parking",
    "utilities",
    "canteen",
    "campus_shop",
    "campus_library",
    "meeting_attendance",
];
const HOSPITAL: &[&str] =
    &["clinic_booking", "clinic_registration", "test_results", "hospital_bill", "medicine_pickup"];

/// Every venue.
pub const SITES: &[Site] = &[
    Site {
        settings: HALL_ALWAYS_OPEN,
        ..site(
            ("广州市花都区政务服务中心", "Huadu District Government Service Centre, Guangzhou"),
            &["hall_booking", "hall_queue", "certificate_grant"],
            HALL_WITH_CERTIFICATES,
        )
    },
    Site {
        settings: HALL_ALWAYS_OPEN,
        ..site(
            ("深圳市南山区政务服务中心", "Nanshan District Government Service Centre, Shenzhen"),
            &["hall_booking", "hall_queue"],
            HALL,
        )
    },
    site(("广东省内酒店（演示一店）", "A hotel in Guangdong (demo 1)"), &["hotel_stay"], FRONT_DESK),
    site(("广东省内酒店（演示二店）", "A hotel in Guangdong (demo 2)"), &["hotel_stay"], FRONT_DESK),
    site(("民宿（演示，已登记）", "A homestay (demo, registered)"), &["homestay_stay"], HOST),
    site(("民宿（演示，未登记）", "A homestay (demo, not registered)"), &["homestay_stay"], HOST),
    library(("广东省立中山图书馆", "Sun Yat-sen Library of Guangdong Province"), &[LIBRARY_DESK]),
    library(("惠州慈云图书馆", "Huizhou Ciyun Library"), &[LIBRARY_DESK]),
    library(("中山纪念图书馆", "Zhongshan Memorial Library"), &[LIBRARY_DESK]),
    library(("清远市图书馆", "Qingyuan Library"), &[LIBRARY_DESK]),
    Site { settings: ALWAYS_OPEN, ..site(("广东省博物馆", "Guangdong Museum"), &["museum_entry"], MUSEUM) },
    site(("南方医科大学南方医院", "Nanfang Hospital, Southern Medical University"), HOSPITAL, &[CASHIER]),
    site(("中山大学附属第一医院", "The First Affiliated Hospital, Sun Yat-sen University"), HOSPITAL, &[CASHIER]),
    site(
        ("广东省第二人民医院", "Guangdong Second Provincial General Hospital"),
        &["clinic_registration", "test_results", "hospital_bill"],
        &[CASHIER],
    ),
    campus(("广东省技师学院（广州花都校区）", "Guangdong Technician College, Huadu campus, Guangzhou")),
    campus(("广东省技师学院（惠州博罗校区）", "Guangdong Technician College, Boluo campus, Huizhou")),
];

/// The books of the library union: bar code and title.
pub const BOOKS: [(&str, &str); 8] = [
    ("GD10000001", "岭南草木状笺注"),
    ("GD10000002", "广东新语"),
    ("GD10000003", "珠江三角洲史话"),
    ("GD10000004", "粤语小词典"),
    ("GD10000005", "海上丝绸之路图录"),
    ("GD10000006", "骑楼与西关大屋"),
    ("GD10000007", "孩子的第一本昆虫书"),
    ("GD10000008", "The Analects, a bilingual edition"),
];

/// A bill: number, title, and its lines (name, amount, fund, personal account, family account, in fen).
type BillLines = (&'static str, &'static str, &'static str);

/// Patients of the first hospital: the subject at the demo provider, the file's number, and the bills.
pub const PATIENTS: [(&str, &str, &[BillLines]); 3] = [
    (
        "demo-adult",
        "M00010001",
        &[
            ("B20260001", "门诊费", "挂号|1000|0|0|0\n血常规|3500|2000|500|0"),
            ("B20260002", "检查费", "胸部正位片|12000|7200|1800|0"),
        ],
    ),
    ("demo-elder", "M00010002", &[("B20260003", "药费", "氨氯地平片|4860|3000|860|500")]),
    ("demo-parent", "M00010003", &[("B20260004", "门诊费", "挂号|1500|0|0|0")]),
];
