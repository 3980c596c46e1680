// SPDX-License-Identifier: Apache-2.0
#include "evaluation/html.h"

#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace softfleet {
namespace {

TEST(HtmlTest, MarkupCharactersAreEscaped) {
  EXPECT_EQ(EscapeHtml("<a b=\"c\" d='e'>&amp;"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;");
}

TEST(HtmlTest, Utf8StaysAndBytesThatAreNoneAreReplaced) {
  EXPECT_EQ(EscapeHtml("µ ± 🙂"), "µ ± 🙂");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(EscapeHtml("a\xff"
                       "b"),
            "a" + bad + "b");
  EXPECT_EQ(EscapeHtml("\xC3"), bad);                      // cut short
  EXPECT_EQ(EscapeHtml("\xC0\xAF"), bad + bad);            // overlong
  EXPECT_EQ(EscapeHtml("\xED\xA0\x80"), bad + bad + bad);  // a surrogate
  EXPECT_EQ(EscapeHtml("\xF4\x90\x80\x80"), bad + bad + bad + bad);
}

TEST(HtmlTest, ControlCharactersGoButLineBreaksStay) {
  EXPECT_EQ(EscapeHtml(std::string("a\0b\x1b\x7f\n\tc", 8)), "ab\n\tc");
}

TEST(HtmlTest, FixedNumbersAreGroupedAndHaveAMinusSign) {
  EXPECT_EQ(FixedNumber(1234567.89, 1), "1,234,567.9");
  EXPECT_EQ(FixedNumber(-136.117, 1), "−136.1");
  EXPECT_EQ(FixedNumber(999, 0), "999");
  EXPECT_EQ(FixedNumber(-0.04, 1), "0.0");
  EXPECT_EQ(FixedNumber(-1e308, 1), "−1.000e308");
  EXPECT_EQ(GroupedDigits(18446744073709551615u), "18,446,744,073,709,551,615");
}

TEST(HtmlTest, SignificantNumbersKeepTheirDigits) {
  EXPECT_EQ(SignificantNumber(0.0307413972), "0.03074");
  EXPECT_EQ(SignificantNumber(-136.117, 4), "−136.1");
  EXPECT_EQ(SignificantNumber(20000), "20,000");
  EXPECT_EQ(SignificantNumber(1.23e-7, 2), "1.2e−7");
  EXPECT_EQ(SignificantNumber(-4e300, 1), "−4e300");
  EXPECT_EQ(SignificantNumber(0), "0");
}

TEST(HtmlTest, WhatIsNoNumberIsADash) {
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_EQ(FixedNumber(value, 1), "–");
    EXPECT_EQ(SignificantNumber(value), "–");
    EXPECT_EQ(Percent(value), "–");
    EXPECT_EQ(DurationText(value), "–");
  }
  EXPECT_EQ(DurationText(-1), "–");
  EXPECT_EQ(DurationText(1e300), "–");
}

TEST(HtmlTest, PercentagesAndDurationsReadWell) {
  EXPECT_EQ(Percent(0.95), "95%");
  EXPECT_EQ(Percent(0.025), "2.5%");
  EXPECT_EQ(Percent(0.02), "2%");
  EXPECT_EQ(Percent(0), "0%");
  EXPECT_EQ(DurationText(0.25), "250 ms");
  EXPECT_EQ(DurationText(57.05), "57 s");
  EXPECT_EQ(DurationText(187), "3 min 07 s");
  EXPECT_EQ(DurationText(3725), "1 h 02 min");
}

}  // namespace
}  // namespace softfleet
