"""The 32 texts of minilm_vectors.json: (name, text), written for this project. The first three are the model card's example."""

_ESSAY = (
    "The lighthouse keeper wrote down the weather four times a day. At dawn he noted the wind and the height of the "
    "swell, at noon the pressure, towards evening the colour of the sky, and before midnight whether the lamps of the "
    "fishing fleet could be counted. Nobody had asked him for the colours. When the station was automated, a crate of "
    "forty-one notebooks went to the county archive, where a student of meteorology found them half a century later. "
    "She typed every line into a spreadsheet and compared the entries with the readings of three harbours along the "
    "coast. The instruments agreed, which surprised nobody. What surprised her was that the colours predicted rain "
    "better than the barometer did: a brassy yellow in the west meant a front within eighteen hours in four cases out "
    "of five. She asked the last surviving pilot of the port, who laughed and said that his mother had known it too, "
    "that every woman with washing on the line had known it, and that the only thing missing was somebody patient "
    "enough to write it down. The paper was rejected twice, because the referees would not accept a scale of colours "
    "made by one man with one pair of eyes. In the third version she gave the notebooks to twelve volunteers together "
    "with photographs of evening skies, and measured how well they agreed with the keeper. They agreed almost "
    "perfectly about yellow, tolerably about red, and not at all about the thing he called pewter. "
)

TEXTS = [
    ("published 1", "The weather is lovely today."),
    ("published 2", "It's so sunny outside!"),
    ("published 3", "He drove to the stadium."),
    ("empty", ""),
    ("one letter", "a"),
    ("one digit", "7"),
    ("one full stop", "."),
    ("one CJK character", "\u732b"),
    ("one emoji", "\U0001f600"),
    ("two words", "sourdough starter"),
    ("question", "Why does bread go stale faster in the fridge?"),
    ("title", "A field guide to the mosses of northern Europe \u2013 second edition"),
    ("code", "for (let i = 0; i < rows.length; i++) { total += rows[i].price * 1.19; }"),
    ("url", "https://example.org/archive/2019/06/tide-tables?port=harwich&unit=m#june"),
    ("numbers", "In 1998, 3.14159 of 2,718,281 votes (0.0001%) came in after 23:59:59."),
    ("accents", "La for\u00eat s\u2019\u00e9tend jusqu\u2019\u00e0 la c\u00f4te; o\u00f9 na\u00eet le fleuve, no\u00ebl dure l\u2019\u00e9t\u00e9."),
    ("German", "Die Stra\u00dfe f\u00fchrt \u00fcber den Fluss und dann s\u00fcdlich an der M\u00fchle vorbei."),
    ("Chinese", "\u6211\u4eec\u6628\u5929\u5728\u5c71\u4e0a\u770b\u5230\u4e86\u4e00\u53ea\u5f88\u5927\u7684\u9e70\u3002"),
    ("Japanese", "\u6771\u4eac\u306e\u5929\u6c17\u306f\u660e\u65e5\u304b\u3089\u5d29\u308c\u308b\u305d\u3046\u3067\u3059\u3002\u5098\u3092\u5fd8\u308c\u305a\u306b\u3002"),
    ("Korean", "\uc624\ub298 \uc544\uce68\uc5d0\ub294 \ucee4\ud53c\ub97c \ub450 \uc794\uc774\ub098 \ub9c8\uc168\ub2e4."),
    ("Russian", "\u041f\u043e\u0435\u0437\u0434 \u043e\u0442\u0445\u043e\u0434\u0438\u0442 \u0432 \u0441\u0435\u043c\u044c \u0447\u0430\u0441\u043e\u0432 \u0443\u0442\u0440\u0430."),
    ("Arabic", "\u0627\u0644\u0643\u062a\u0627\u0628 \u0639\u0644\u0649 \u0627\u0644\u0637\u0627\u0648\u0644\u0629."),
    ("emoji in text", "Landed safely \U0001f6ec\ufe0f the view was amazing \U0001f60d\U0001f44d\U0001f3fd see you at 8!"),
    ("one sentence", "The committee postponed its vote on the new bridge until the survey of the river bed is finished."),
    ("two sentences", "Soak the beans overnight. Change the water before cooking, or the skins stay tough whatever you do."),
    ("a paragraph", _ESSAY[:420]),
    ("128 tokens", " ".join(_ESSAY.split()[:107])),
    ("about 200 tokens", " ".join(_ESSAY.split()[:170])),
    ("just over 256 tokens", " ".join(_ESSAY.split()[:224])),
    ("long", _ESSAY + _ESSAY),
    ("one word over and over", "echo " * 300),
    ("a word of 150 letters among words", "before " + "ab" * 75 + " after"),
]
