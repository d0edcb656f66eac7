"""The commonest passwords that are long enough to be taken otherwise, in small letters."""

from typing import Final

_WORDS: Final = """
0123456789 01234567890 0987654321 1029384756 1111111111 1122334455 1212121212 1231231231 123123123123 1234554321
1234567890 12345678900 12345678901 123456789012 1234567890a 1234567890q 1234567891 12345678910 1234567899 123456789a
123456789q 1234qwerasdf 123qweasdzxc 1472583690 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3e 1qaz2wsx3edc 1qazxsw23edc
2020202020 2wsx3edc4rfv 3.141592653 3141592653 3141592654 7894561230 789456123a 9876543210 98765432100 a123456789
a1234567890 a1b2c3d4e5 abc1234567 abc123456789 abcd123456 abcd1234567 abcdefghij abcdefghijk abcdefghijkl admin12345
admin123456 adminadmin administrator administrator1 alexander1 asdasdasdasd asdf123456 asdfasdfasdf asdfghjkl1
asdfghjkl123 asdfghjkl; basketball basketball1 basketball23 birmingham bismillah1 blink182182 butterfly1
butterfly123 changeme123 changemenow chocolate1 chocolate123 christian1 christopher christopher1 computer123
correcthorsebatterystaple dragon12345 elizabeth1 facebook123 football123 football1234 forever123 fuckyou123
godisgood1 hello12345 helloworld helloworld1 ilovejesus iloveyou12 iloveyou123 iloveyou1234 jacqueline jesuschrist
jesusloves john316316 jordan12345 letmein123 letmein1234 letmeinnow liverpool1 liverpool123 london2012 lovely12345
loveyou123 manchester manchester1 master12345 michael123 michelle123 minecraft1 minecraft123 mnbvcxzlkjhgfdsa
monkey12345 mypassword mypassword1 mypassword123 p@ssw0rd12 p@ssw0rd123 p@ssword12 p@ssword123 pa$$word123
passw0rd1! passw0rd12 passw0rd123 password00 password01 password1! password10 password11 password12 password123
password1234 password12345 password123456 password2020 password2021 password2022 password2023 password2024
password2025 password2026 password21 password22 password99 password@1 password@123 passwordpassword perdure123
perduredemo perdureperdure playboy123 pokemon123 pokemon1234 princess12 princess123 princess1234 q1w2e3r4t5
q1w2e3r4t5y6 qazwsx1234 qazwsxedc1 qazwsxedc123 qazwsxedcrfv qwaszx1234 qwer123456 qwer1234qwer qwerasdfzxcv
qwerqwerqwer qwerty1234 qwerty12345 qwerty123456 qwerty1234567 qwertyqwerty qwertyui12 qwertyuiop qwertyuiop1
qwertyuiop12 qwertyuiop123 qwertyuiop[] samsung123 samsung1234 september1 skateboard soccer12345 spiderman1
spiderman123 starwars123 stephanie1 summer2020 summer2021 summer2022 summer2023 summer2024 summer2025 sunshine12
sunshine123 superman12 superman123 superman1234 test123456 test1234567 testing123 testing1234 testtest123
testtesttest thunderbird trustno1trustno1 unbelievable volleyball washington welcome123 welcome1234 welcome12345
welcome2020 welcome2021 welcome2022 welcome2023 welcome2024 welcome2025 whatever123 winter2020 winter2021 winter2022
winter2023 winter2024 winter2025 yourpassword zaq12wsxcde3 zaq1zaq1zaq1 zxcvbnm,./ zxcvbnm123 zxcvbnm1234
zxcvbnm123456 zxcvbnmasdfghjkl
"""

COMMON_PASSWORDS: Final = frozenset(_WORDS.split())
