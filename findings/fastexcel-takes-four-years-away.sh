#!/bin/sh
# One expects: a workbook that counts days from 1904 says so in the element workbookPr, and dates in it are read as the
#   cells show them, whatever extensions the file has besides.
# What happens: Excel 2013 and later add an extension whose element is called workbookPr, too, in another namespace, and
#   says nothing of dates. fastexcel, which Polars reads Excel files with, takes it for the first one: the setting is
#   forgotten, and each date is 1,462 days early. openpyxl and python-calamine read the same file rightly.
# Version and source: fastexcel 0.21.0, polars 2.1.0; ECMA-376 part 1, 18.2.28 workbookPr (date1904); [MS-XLSX] on the
#   element x15:workbookPr (chartTrackingRefBase) within extLst.
# Why it matters: workbooks that began on a Mac are saved so by today's Excel. 9 March 2026 is answered as 8 March 2022,
#   a date that looks as good as the right one.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check fastexcel==0.21.0 polars==2.1.0 openpyxl==3.1.5 python-calamine==0.9.1 xlsxwriter==3.3.1
cat > read.py <<'E'
import datetime
import sys
import zipfile
from importlib.metadata import version

import openpyxl
import polars
import python_calamine
import xlsxwriter

EXTENSION = """<extLst><ext uri="{B58B0392-4F1F-4190-BB64-5DF3571DCE5F}"
 xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"><x15:workbookPr chartTrackingRefBase="1"/></ext></extLst>"""


def plan(name):
    book = xlsxwriter.Workbook(name, {"date_1904": True})
    sheet = book.add_worksheet("Plan")
    sheet.write(0, 0, "Day")
    sheet.write_datetime(1, 0, datetime.datetime(2026, 3, 9), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()


def extend(name, to):
    with zipfile.ZipFile(name) as book, zipfile.ZipFile(to, "w") as extended:
        for part in book.namelist():
            content = book.read(part)
            if part == "xl/workbook.xml":
                content = content.replace(b"</workbook>", EXTENSION.encode() + b"</workbook>")
            extended.writestr(part, content)


def days(name):
    return {
        "polars, fastexcel": polars.read_excel(name)["Day"][0],
        "openpyxl": openpyxl.load_workbook(name)["Plan"]["A2"].value,
        "python-calamine": python_calamine.CalamineWorkbook.from_path(name).get_sheet_by_name("Plan").to_python()[1][0],
    }


print(*(f"{p} {version(p)}" for p in ("fastexcel", "polars", "openpyxl", "python-calamine")), sep=", ")
plan("plan.xlsx")
extend("plan.xlsx", "extended.xlsx")
seen = {}
for name in ("plan.xlsx", "extended.xlsx"):
    for reader, day in days(name).items():
        seen[name, reader] = str(day)[:10]
        print(f"{name}, {reader}: {seen[name, reader]}")
wrong = {key for key, day in seen.items() if day != "2026-03-09"}
sys.exit(wrong != {("extended.xlsx", "polars, fastexcel")} or seen["extended.xlsx", "polars, fastexcel"] != "2022-03-08")
E
venv/bin/python read.py
