// The page that a visitor may ask before anything is stored. It is in English in every language, because that is
// what the model knows best; it is a page to be read, not a text of the interface.

/** Paragraphs of sentences. */
export const SAMPLE: readonly (readonly string[])[] = [
  [
    "The old lighthouse on the northern cape was built in 1871.",
    "Its keeper climbed two hundred steps each evening to light the lamp.",
    "Since the machinery was replaced, nobody has had to live there any more.",
  ],
  [
    "Tomatoes want six hours of sunshine a day and warm soil.",
    "Water them in the morning, close to the ground, so that the leaves stay dry.",
    "Yellow leaves at the bottom often mean that the plant is thirsty or short of nitrogen.",
  ],
  [
    "The night train leaves at ten and crosses the Alps before dawn.",
    "Passengers with bicycles must reserve a place for them a day ahead.",
  ],
];

/** A question with no word of its answer in it. */
export const FIRST_QUESTION = "Can I take my bike on the railway?";
