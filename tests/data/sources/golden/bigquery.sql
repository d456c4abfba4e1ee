-- asked for events
SELECT
  `t0`.`moment`,
  `t0`.`visit`,
  `t0`.`what`,
  `t0`.`sku`,
  `t0`.`amount`,
  CAST(`t0`.`cost` AS FLOAT64) AS `cost`
FROM `clicks` AS `t0`;

-- asked for the catalog
SELECT
  `t0`.`sku`,
  `t0`.`name`,
  `t0`.`shelf`,
  CAST(`t0`.`list_price` AS FLOAT64) AS `list_price`
FROM `goods` AS `t0`;

-- events in our columns
SELECT
  `t0`.`_row_`,
  CAST(FLOOR(CAST(UNIX_SECONDS(CAST(`t0`.`moment` AS DATETIME)) AS FLOAT64)) AS INT64) + ieee_divide(CAST(EXTRACT(millisecond FROM CAST(`t0`.`moment` AS DATETIME)) AS FLOAT64), 1000.0) AS `time`,
  `t0`.`visit` AS `session_id`,
  IF(
    CAST(`t0`.`amount` AS FLOAT64) < 0,
    'return',
    CASE
      WHEN `t0`.`what` = 'buy'
      THEN 'purchase'
      WHEN `t0`.`what` = 'look'
      THEN 'view'
      WHEN `t0`.`what` = 'newsletter'
      THEN 'ignore'
      ELSE `t0`.`what`
    END
  ) AS `kind`,
  `t0`.`sku` AS `item_id`,
  ABS(CAST(`t0`.`amount` AS FLOAT64)) AS `quantity`,
  `t0`.`cost` AS `price`,
  'EUR' AS `currency`,
  COALESCE(
    CAST(NULL AS STRING),
    CASE
      WHEN FALSE
      THEN ''
      WHEN INSTR(`t0`.`sku`, CHR(  0)) > 0
      THEN 'item_id must not hold a NUL byte'
      ELSE CAST(NULL AS STRING)
    END
  ) AS `_why_`
FROM `clicks` AS `t0`;

-- events, checked
SELECT
  `t1`.`_row_`,
  `t1`.`time`,
  `t1`.`session_id`,
  `t1`.`kind`,
  `t1`.`item_id`,
  `t1`.`user_id`,
  COALESCE(`t1`.`quantity`, 1.0) AS `quantity`,
  `t1`.`price`,
  `t1`.`order_id`,
  `t1`.`slate_id`,
  `t1`.`position`,
  `t1`.`query`,
  `t1`.`currency`,
  `t1`.`device`,
  `t1`.`country`,
  COALESCE(
    CAST(NULL AS STRING),
    CASE
      WHEN `t1`.`time` IS NULL
      THEN 'time must not be empty'
      WHEN (
        `t1`.`time` < 0
      ) OR (
        `t1`.`time` >= 4102444800.0
      )
      THEN CONCAT(
        CONCAT(
          'time must be a moment between 1970 and 2100 in seconds, found \'',
          SUBSTRING(
            CAST(`t1`.`_raw_time_` AS STRING),
            IF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH(CAST(`t1`.`_raw_time_` AS STRING))),
            80
          )
        ),
        '\''
      )
      WHEN `t1`.`kind` IS NULL
      THEN 'kind must not be empty'
      WHEN NOT (
        `t1`.`kind` IN ('impression', 'view', 'click', 'cart', 'uncart', 'purchase', 'return', 'search')
      )
      THEN CONCAT(
        CONCAT(
          'kind must be one of impression, view, click, cart, uncart, purchase, return, search, found \'',
          SUBSTRING(`t1`.`kind`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`kind`)), 80)
        ),
        '\''
      )
      WHEN (
        `t1`.`item_id` IS NULL
      ) AND (
        `t1`.`kind` <> 'search'
      )
      THEN 'item_id must not be empty'
      WHEN `t1`.`session_id` IS NULL
      THEN 'session_id must not be empty'
      WHEN `t1`.`quantity` = 0
      THEN 'quantity is 0: usually a cancelled line, a gift or a correction of stock; zero_quantity in the source says what becomes of such lines'
      WHEN (
        `t1`.`price` < 0.0
      ) OR (
        `t1`.`price` > 1000000000.0
      )
      THEN CONCAT(
        CONCAT(
          'price must lie between 0 and 1,000,000,000, found \'',
          SUBSTRING(
            CAST(`t1`.`price` AS STRING),
            IF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH(CAST(`t1`.`price` AS STRING))),
            80
          )
        ),
        '\''
      )
      WHEN (
        `t1`.`quantity` < 1e-09
      ) OR (
        `t1`.`quantity` > 1000000.0
      )
      THEN CONCAT(
        CONCAT(
          'quantity must lie between 1e-09 and 1,000,000, found \'',
          SUBSTRING(
            CAST(`t1`.`quantity` AS STRING),
            IF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH(CAST(`t1`.`quantity` AS STRING))),
            80
          )
        ),
        '\''
      )
      WHEN (
        `t1`.`position` < 0.0
      ) OR (
        `t1`.`position` > 1000000.0
      )
      THEN CONCAT(
        CONCAT(
          'position must lie between 0 and 1,000,000, found \'',
          SUBSTRING(
            CAST(`t1`.`position` AS STRING),
            IF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH(CAST(`t1`.`position` AS STRING))),
            80
          )
        ),
        '\''
      )
      WHEN LENGTH(`t1`.`item_id`) > 200
      THEN CONCAT(
        CONCAT(
          'item_id must not be longer than 200 characters, found \'',
          SUBSTRING(`t1`.`item_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`item_id`)), 80)
        ),
        '\''
      )
      WHEN IF(
        (
          `t1`.`item_id` < '.'
        )
        OR (
          (
            `t1`.`item_id` >= '='
          ) AND (
            `t1`.`item_id` < 'A'
          )
        ),
        REGEXP_CONTAINS(`t1`.`item_id`, '^[=+@-].*[(|!]'),
        FALSE
      )
      THEN CONCAT(
        CONCAT(
          'item_id must not be a spreadsheet formula, found \'',
          SUBSTRING(`t1`.`item_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`item_id`)), 80)
        ),
        '\''
      )
      WHEN LENGTH(`t1`.`session_id`) > 200
      THEN CONCAT(
        CONCAT(
          'session_id must not be longer than 200 characters, found \'',
          SUBSTRING(
            `t1`.`session_id`,
            IF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`session_id`)),
            80
          )
        ),
        '\''
      )
      WHEN IF(
        (
          `t1`.`session_id` < '.'
        )
        OR (
          (
            `t1`.`session_id` >= '='
          ) AND (
            `t1`.`session_id` < 'A'
          )
        ),
        REGEXP_CONTAINS(`t1`.`session_id`, '^[=+@-].*[(|!]'),
        FALSE
      )
      THEN CONCAT(
        CONCAT(
          'session_id must not be a spreadsheet formula, found \'',
          SUBSTRING(
            `t1`.`session_id`,
            IF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`session_id`)),
            80
          )
        ),
        '\''
      )
      WHEN LENGTH(`t1`.`user_id`) > 200
      THEN CONCAT(
        CONCAT(
          'user_id must not be longer than 200 characters, found \'',
          SUBSTRING(`t1`.`user_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`user_id`)), 80)
        ),
        '\''
      )
      WHEN IF(
        (
          `t1`.`user_id` < '.'
        )
        OR (
          (
            `t1`.`user_id` >= '='
          ) AND (
            `t1`.`user_id` < 'A'
          )
        ),
        REGEXP_CONTAINS(`t1`.`user_id`, '^[=+@-].*[(|!]'),
        FALSE
      )
      THEN CONCAT(
        CONCAT(
          'user_id must not be a spreadsheet formula, found \'',
          SUBSTRING(`t1`.`user_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`user_id`)), 80)
        ),
        '\''
      )
      WHEN LENGTH(`t1`.`order_id`) > 200
      THEN CONCAT(
        CONCAT(
          'order_id must not be longer than 200 characters, found \'',
          SUBSTRING(`t1`.`order_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`order_id`)), 80)
        ),
        '\''
      )
      WHEN IF(
        (
          `t1`.`order_id` < '.'
        )
        OR (
          (
            `t1`.`order_id` >= '='
          ) AND (
            `t1`.`order_id` < 'A'
          )
        ),
        REGEXP_CONTAINS(`t1`.`order_id`, '^[=+@-].*[(|!]'),
        FALSE
      )
      THEN CONCAT(
        CONCAT(
          'order_id must not be a spreadsheet formula, found \'',
          SUBSTRING(`t1`.`order_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`order_id`)), 80)
        ),
        '\''
      )
      WHEN LENGTH(`t1`.`slate_id`) > 200
      THEN CONCAT(
        CONCAT(
          'slate_id must not be longer than 200 characters, found \'',
          SUBSTRING(`t1`.`slate_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`slate_id`)), 80)
        ),
        '\''
      )
      WHEN IF(
        (
          `t1`.`slate_id` < '.'
        )
        OR (
          (
            `t1`.`slate_id` >= '='
          ) AND (
            `t1`.`slate_id` < 'A'
          )
        ),
        REGEXP_CONTAINS(`t1`.`slate_id`, '^[=+@-].*[(|!]'),
        FALSE
      )
      THEN CONCAT(
        CONCAT(
          'slate_id must not be a spreadsheet formula, found \'',
          SUBSTRING(`t1`.`slate_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`slate_id`)), 80)
        ),
        '\''
      )
      ELSE CAST(NULL AS STRING)
    END
  ) AS `_why_`
FROM (
  SELECT
    `t0`.`_row_`,
    `t0`.`time`,
    IF(
      (
        `t0`.`session_id` < '!'
      )
      AND (
        TRIM(`t0`.`session_id`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`session_id`
    ) AS `session_id`,
    IF(
      (
        `t0`.`kind` < '!'
      ) AND (
        TRIM(`t0`.`kind`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`kind`
    ) AS `kind`,
    IF(
      (
        `t0`.`item_id` < '!'
      ) AND (
        TRIM(`t0`.`item_id`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`item_id`
    ) AS `item_id`,
    IF(
      (
        `t0`.`user_id` < '!'
      ) AND (
        TRIM(`t0`.`user_id`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`user_id`
    ) AS `user_id`,
    IF(IS_NAN(`t0`.`quantity`), CAST(NULL AS FLOAT64), `t0`.`quantity`) AS `quantity`,
    IF(IS_NAN(`t0`.`price`), CAST(NULL AS FLOAT64), `t0`.`price`) AS `price`,
    IF(
      (
        `t0`.`order_id` < '!'
      ) AND (
        TRIM(`t0`.`order_id`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`order_id`
    ) AS `order_id`,
    IF(
      (
        `t0`.`slate_id` < '!'
      ) AND (
        TRIM(`t0`.`slate_id`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`slate_id`
    ) AS `slate_id`,
    IF(IS_NAN(`t0`.`position`), CAST(NULL AS FLOAT64), `t0`.`position`) AS `position`,
    IF(
      (
        `t0`.`query` < '!'
      ) AND (
        TRIM(`t0`.`query`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`query`
    ) AS `query`,
    IF(
      (
        `t0`.`currency` < '!'
      ) AND (
        TRIM(`t0`.`currency`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`currency`
    ) AS `currency`,
    IF(
      (
        `t0`.`device` < '!'
      ) AND (
        TRIM(`t0`.`device`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`device`
    ) AS `device`,
    IF(
      (
        `t0`.`country` < '!'
      ) AND (
        TRIM(`t0`.`country`, ' \t\n\r\v\f') = ''
      ),
      CAST(NULL AS STRING),
      `t0`.`country`
    ) AS `country`,
    `t0`.`time` AS `_raw_time_`
  FROM `events` AS `t0`
) AS `t1`;

-- catalog in our columns, checked
SELECT
  `t3`.`_row_`,
  `t3`.`item_id`,
  `t3`.`title`,
  `t3`.`category`,
  `t3`.`family`,
  `t3`.`image`,
  `t3`.`brand`,
  `t3`.`price`,
  `t3`.`currency`,
  `t3`.`price_list`,
  `t3`.`available`,
  COALESCE(
    `t3`.`_why_`,
    IF(
      (
        ROW_NUMBER() OVER (PARTITION BY `t3`.`item_id` ORDER BY `t3`.`_row_` ASC) - 1
      ) > 0,
      CONCAT(
        CONCAT(
          'each item_id must stand once, found \'',
          SUBSTRING(`t3`.`item_id`, IF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t3`.`item_id`)), 80)
        ),
        '\''
      ),
      CAST(NULL AS STRING)
    )
  ) AS `_why_`
FROM (
  SELECT
    `t2`.`_row_`,
    `t2`.`item_id`,
    `t2`.`title`,
    `t2`.`category`,
    `t2`.`family`,
    `t2`.`image`,
    `t2`.`brand`,
    `t2`.`price`,
    `t2`.`currency`,
    `t2`.`price_list`,
    `t2`.`available`,
    COALESCE(
      `t2`.`_why_`,
      CASE
        WHEN (
          `t2`.`_raw_price_` IS NOT NULL
        ) AND (
          `t2`.`price` IS NULL
        )
        THEN CONCAT(
          CONCAT(
            'price must be a number, found \'',
            SUBSTRING(
              CAST(`t2`.`_raw_price_` AS STRING),
              IF((
                0 + 1
              ) >= 1, 0 + 1, 0 + 1 + LENGTH(CAST(`t2`.`_raw_price_` AS STRING))),
              80
            )
          ),
          '\''
        )
        WHEN `t2`.`item_id` IS NULL
        THEN 'item_id must not be empty'
        WHEN (
          `t2`.`price` < 0.0
        ) OR (
          `t2`.`price` > 1000000000.0
        )
        THEN CONCAT(
          CONCAT(
            'price must lie between 0 and 1,000,000,000, found \'',
            SUBSTRING(
              CAST(`t2`.`price` AS STRING),
              IF((
                0 + 1
              ) >= 1, 0 + 1, 0 + 1 + LENGTH(CAST(`t2`.`price` AS STRING))),
              80
            )
          ),
          '\''
        )
        WHEN LENGTH(`t2`.`item_id`) > 200
        THEN CONCAT(
          CONCAT(
            'item_id must not be longer than 200 characters, found \'',
            SUBSTRING(`t2`.`item_id`, IF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`item_id`)), 80)
          ),
          '\''
        )
        WHEN IF(
          (
            `t2`.`item_id` < '.'
          )
          OR (
            (
              `t2`.`item_id` >= '='
            ) AND (
              `t2`.`item_id` < 'A'
            )
          ),
          REGEXP_CONTAINS(`t2`.`item_id`, '^[=+@-].*[(|!]'),
          FALSE
        )
        THEN CONCAT(
          CONCAT(
            'item_id must not be a spreadsheet formula, found \'',
            SUBSTRING(`t2`.`item_id`, IF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`item_id`)), 80)
          ),
          '\''
        )
        ELSE CAST(NULL AS STRING)
      END
    ) AS `_why_`
  FROM (
    SELECT
      `t1`.`_row_`,
      `t1`.`_why_`,
      IF(
        (
          `t1`.`item_id` < '!'
        ) AND (
          TRIM(`t1`.`item_id`, ' \t\n\r\v\f') = ''
        ),
        CAST(NULL AS STRING),
        `t1`.`item_id`
      ) AS `item_id`,
      IF(
        (
          `t1`.`title` < '!'
        ) AND (
          TRIM(`t1`.`title`, ' \t\n\r\v\f') = ''
        ),
        CAST(NULL AS STRING),
        `t1`.`title`
      ) AS `title`,
      IF(
        (
          `t1`.`category` < '!'
        ) AND (
          TRIM(`t1`.`category`, ' \t\n\r\v\f') = ''
        ),
        CAST(NULL AS STRING),
        `t1`.`category`
      ) AS `category`,
      CAST(NULL AS STRING) AS `family`,
      CAST(NULL AS STRING) AS `image`,
      CAST(NULL AS STRING) AS `brand`,
      SAFE_CAST(`t1`.`price` AS FLOAT64) AS `price`,
      IF(
        (
          `t1`.`currency` < '!'
        ) AND (
          TRIM(`t1`.`currency`, ' \t\n\r\v\f') = ''
        ),
        CAST(NULL AS STRING),
        `t1`.`currency`
      ) AS `currency`,
      CAST(NULL AS STRING) AS `price_list`,
      CAST(NULL AS BOOL) AS `available`,
      `t1`.`price` AS `_raw_price_`
    FROM (
      SELECT
        `t0`.`_row_`,
        `t0`.`sku` AS `item_id`,
        `t0`.`name` AS `title`,
        `t0`.`shelf` AS `category`,
        `t0`.`list_price` AS `price`,
        'EUR' AS `currency`,
        COALESCE(
          CAST(NULL AS STRING),
          CASE
            WHEN INSTR(`t0`.`sku`, CHR(  0)) > 0
            THEN 'item_id must not hold a NUL byte'
            ELSE CAST(NULL AS STRING)
          END
        ) AS `_why_`
      FROM `goods` AS `t0`
    ) AS `t1`
  ) AS `t2`
) AS `t3`;

-- basketed
SELECT
  `t0`.`time`,
  `t0`.`session_id`,
  `t0`.`kind`,
  `t0`.`item_id`,
  `t0`.`user_id`,
  `t0`.`quantity`,
  `t0`.`price`,
  IF(
    (
      `t0`.`kind` = 'purchase'
    ) AND (
      `t0`.`order_id` IS NULL
    ),
    CONCAT('session:', `t0`.`session_id`),
    `t0`.`order_id`
  ) AS `order_id`,
  `t0`.`slate_id`,
  `t0`.`position`,
  `t0`.`query`,
  `t0`.`currency`,
  `t0`.`device`,
  `t0`.`country`,
  `t0`.`_row_`
FROM `events` AS `t0`;

-- families_by_column
SELECT
  `t0`.`item_id`,
  `t0`.`title`,
  `t0`.`category`,
  COALESCE(
    IF(
      TRIM(`t0`.`brand`, ' \t\n\r\v\f') = '',
      CAST(NULL AS STRING),
      TRIM(`t0`.`brand`, ' \t\n\r\v\f')
    ),
    `t0`.`family`,
    `t0`.`item_id`
  ) AS `family`,
  `t0`.`image`,
  `t0`.`brand`,
  `t0`.`price`,
  `t0`.`currency`,
  `t0`.`price_list`,
  `t0`.`available`,
  `t0`.`_row_`
FROM `catalog` AS `t0`;

-- families_by_pattern
SELECT
  `t0`.`item_id`,
  `t0`.`title`,
  `t0`.`category`,
  COALESCE(
    IF(
      IF(
        REGEXP_CONTAINS(`t0`.`item_id`, '^(\\d{5})'),
        IF(
          1 = 0,
          REGEXP_REPLACE(`t0`.`item_id`, CONCAT('.*?', CONCAT('(', '^(\\d{5})', ')'), '.*'), '\\1'),
          REGEXP_REPLACE(`t0`.`item_id`, CONCAT('.*?', '^(\\d{5})', '.*'), CONCAT('\\', CAST(1 AS STRING)))
        ),
        NULL
      ) = '',
      CAST(NULL AS STRING),
      IF(
        REGEXP_CONTAINS(`t0`.`item_id`, '^(\\d{5})'),
        IF(
          1 = 0,
          REGEXP_REPLACE(`t0`.`item_id`, CONCAT('.*?', CONCAT('(', '^(\\d{5})', ')'), '.*'), '\\1'),
          REGEXP_REPLACE(`t0`.`item_id`, CONCAT('.*?', '^(\\d{5})', '.*'), CONCAT('\\', CAST(1 AS STRING)))
        ),
        NULL
      )
    ),
    `t0`.`family`,
    `t0`.`item_id`
  ) AS `family`,
  `t0`.`image`,
  `t0`.`brand`,
  `t0`.`price`,
  `t0`.`currency`,
  `t0`.`price_list`,
  `t0`.`available`,
  `t0`.`_row_`
FROM `catalog` AS `t0`;

-- families_by_title
SELECT
  `t3`.*
  EXCEPT (`_core_`, `_found_`)
FROM (
  SELECT
    `t2`.`item_id`,
    `t2`.`title`,
    `t2`.`category`,
    COALESCE(`t2`.`_found_`, `t2`.`family`, `t2`.`item_id`) AS `family`,
    `t2`.`image`,
    `t2`.`brand`,
    `t2`.`price`,
    `t2`.`currency`,
    `t2`.`price_list`,
    `t2`.`available`,
    `t2`.`_row_`,
    `t2`.`_core_`,
    `t2`.`_found_`
  FROM (
    SELECT
      `t1`.`item_id`,
      `t1`.`title`,
      `t1`.`category`,
      `t1`.`family`,
      `t1`.`image`,
      `t1`.`brand`,
      `t1`.`price`,
      `t1`.`currency`,
      `t1`.`price_list`,
      `t1`.`available`,
      `t1`.`_row_`,
      `t1`.`_core_`,
      IF(
        `t1`.`_core_` IS NULL,
        CAST(NULL AS STRING),
        MIN(`t1`.`item_id`) OVER (
          PARTITION BY `t1`.`_core_`
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
      ) AS `_found_`
    FROM (
      SELECT
        `t0`.`item_id`,
        `t0`.`title`,
        `t0`.`category`,
        `t0`.`family`,
        `t0`.`image`,
        `t0`.`brand`,
        `t0`.`price`,
        `t0`.`currency`,
        `t0`.`price_list`,
        `t0`.`available`,
        `t0`.`_row_`,
        IF(
          TRIM(
            REGEXP_REPLACE(
              REGEXP_REPLACE(
                REGEXP_REPLACE(LOWER(`t0`.`title`), '[^\\p{L}\\p{N}.,]+', ' '),
                '\\b(black|white|grey|gray|silver|gold|golden|beige|brown|red|orange|yellow|green|blue|navy|turquoise|purple|violet|pink|cream|ivory|multicolour|multicolor|xxs|xs|s|m|l|xl|xxl|xxxl|small|medium|large|mini|jumbo|size|\\d+([.,]\\d+)?( ?(mm|cm|m|in|inch|ml|cl|l|mg|g|kg|oz|lb|pcs|pc|pack|gb|tb))?)\\b',
                ' '
              ),
              '[^\\p{L}\\p{N}]+',
              ' '
            ),
            ' \t\n\r\v\f'
          ) = '',
          CAST(NULL AS STRING),
          TRIM(
            REGEXP_REPLACE(
              REGEXP_REPLACE(
                REGEXP_REPLACE(LOWER(`t0`.`title`), '[^\\p{L}\\p{N}.,]+', ' '),
                '\\b(black|white|grey|gray|silver|gold|golden|beige|brown|red|orange|yellow|green|blue|navy|turquoise|purple|violet|pink|cream|ivory|multicolour|multicolor|xxs|xs|s|m|l|xl|xxl|xxxl|small|medium|large|mini|jumbo|size|\\d+([.,]\\d+)?( ?(mm|cm|m|in|inch|ml|cl|l|mg|g|kg|oz|lb|pcs|pc|pack|gb|tb))?)\\b',
                ' '
              ),
              '[^\\p{L}\\p{N}]+',
              ' '
            ),
            ' \t\n\r\v\f'
          )
        ) AS `_core_`
      FROM `catalog` AS `t0`
    ) AS `t1`
  ) AS `t2`
) AS `t3`;

-- first_of_each_item
SELECT
  `t2`.*
  EXCEPT (`_place_`)
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t0`.`item_id`,
      `t0`.`title`,
      `t0`.`category`,
      `t0`.`family`,
      `t0`.`image`,
      `t0`.`brand`,
      `t0`.`price`,
      `t0`.`currency`,
      `t0`.`price_list`,
      `t0`.`available`,
      `t0`.`_row_`,
      ROW_NUMBER() OVER (PARTITION BY `t0`.`item_id` ORDER BY `t0`.`_row_` ASC) - 1 AS `_place_`
    FROM `catalog` AS `t0`
  ) AS `t1`
  WHERE
    `t1`.`_place_` = 0
) AS `t2`;

-- identity_merged
SELECT
  `t3`.*
  EXCEPT (`_at_`, `_login_`, `_user_`)
FROM (
  SELECT
    `t2`.`time`,
    `t2`.`session_id`,
    `t2`.`kind`,
    `t2`.`item_id`,
    COALESCE(
      `t2`.`user_id`,
      IF(
        (
          `t2`.`session_id` IS NOT NULL
        )
        AND (
          (
            `t2`.`_at_` - `t2`.`time`
          ) <= 2592000.0
        ),
        `t2`.`_user_`,
        CAST(NULL AS STRING)
      )
    ) AS `user_id`,
    `t2`.`quantity`,
    `t2`.`price`,
    `t2`.`order_id`,
    `t2`.`slate_id`,
    `t2`.`position`,
    `t2`.`query`,
    `t2`.`currency`,
    `t2`.`device`,
    `t2`.`country`,
    `t2`.`_row_`,
    `t2`.`_login_`,
    `t2`.`_user_`,
    `t2`.`_at_`
  FROM (
    SELECT
      `t1`.`time`,
      `t1`.`session_id`,
      `t1`.`kind`,
      `t1`.`item_id`,
      `t1`.`user_id`,
      `t1`.`quantity`,
      `t1`.`price`,
      `t1`.`order_id`,
      `t1`.`slate_id`,
      `t1`.`position`,
      `t1`.`query`,
      `t1`.`currency`,
      `t1`.`device`,
      `t1`.`country`,
      `t1`.`_row_`,
      `t1`.`_login_`,
      MAX(`t1`.`user_id`) OVER (
        PARTITION BY `t1`.`session_id`, `t1`.`_login_`
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS `_user_`,
      MAX(IF(`t1`.`user_id` IS NOT NULL, `t1`.`time`, CAST(NULL AS FLOAT64))) OVER (
        PARTITION BY `t1`.`session_id`, `t1`.`_login_`
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS `_at_`
    FROM (
      SELECT
        `t0`.`time`,
        `t0`.`session_id`,
        `t0`.`kind`,
        `t0`.`item_id`,
        `t0`.`user_id`,
        `t0`.`quantity`,
        `t0`.`price`,
        `t0`.`order_id`,
        `t0`.`slate_id`,
        `t0`.`position`,
        `t0`.`query`,
        `t0`.`currency`,
        `t0`.`device`,
        `t0`.`country`,
        `t0`.`_row_`,
        COUNT(`t0`.`user_id`) OVER (
          PARTITION BY `t0`.`session_id`
          ORDER BY `t0`.`time` DESC, `t0`.`_row_` DESC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS `_login_`
      FROM `events` AS `t0`
    ) AS `t1`
  ) AS `t2`
) AS `t3`;

-- kind_weighted
SELECT
  `t0`.`time`,
  `t0`.`session_id`,
  `t0`.`kind`,
  `t0`.`item_id`,
  `t0`.`user_id`,
  `t0`.`quantity`,
  `t0`.`price`,
  `t0`.`order_id`,
  `t0`.`slate_id`,
  `t0`.`position`,
  `t0`.`query`,
  `t0`.`currency`,
  `t0`.`device`,
  `t0`.`country`,
  `t0`.`_row_`,
  CAST(CAST(FLOOR(
    ieee_divide(
      1.0 * CASE
        WHEN `t0`.`kind` = 'impression'
        THEN 0.0
        WHEN `t0`.`kind` = 'view'
        THEN 1.0
        WHEN `t0`.`kind` = 'click'
        THEN 1.0
        WHEN `t0`.`kind` = 'cart'
        THEN 3.0
        WHEN `t0`.`kind` = 'uncart'
        THEN 0.0
        WHEN `t0`.`kind` = 'purchase'
        THEN 10.0
        WHEN `t0`.`kind` = 'return'
        THEN 0.0
        WHEN `t0`.`kind` = 'search'
        THEN 0.0
        ELSE 0.0
      END,
      5.960464477539063e-08
    ) + 0.5
  ) AS INT64) AS FLOAT64) * 5.960464477539063e-08 AS `weight`
FROM `events` AS `t0`;

-- returns_netted
SELECT
  *
FROM (
  SELECT
    *
  FROM `events` AS `t0`
  WHERE
    NOT (
      COALESCE(
        `t0`.`kind` IN ('purchase', 'return') AND COALESCE(`t0`.`quantity` > 0, FALSE),
        FALSE
      )
    )
) AS `t2`
UNION ALL
SELECT
  *
FROM (
  SELECT
    `t8`.`time`,
    `t8`.`session_id`,
    `t8`.`kind`,
    `t8`.`item_id`,
    `t8`.`user_id`,
    IF(
      `t8`.`_left_` = `t8`.`_pieces_`,
      `t8`.`quantity`,
      ieee_divide(CAST(`t8`.`_left_` AS FLOAT64), 1000.0)
    ) AS `quantity`,
    `t8`.`price`,
    `t8`.`order_id`,
    `t8`.`slate_id`,
    `t8`.`position`,
    `t8`.`query`,
    `t8`.`currency`,
    `t8`.`device`,
    `t8`.`country`,
    `t8`.`_row_`
  FROM (
    SELECT
      `t7`.`time`,
      `t7`.`session_id`,
      `t7`.`kind`,
      `t7`.`item_id`,
      `t7`.`user_id`,
      `t7`.`quantity`,
      `t7`.`price`,
      `t7`.`order_id`,
      `t7`.`slate_id`,
      `t7`.`position`,
      `t7`.`query`,
      `t7`.`currency`,
      `t7`.`device`,
      `t7`.`country`,
      `t7`.`_row_`,
      `t7`.`_owner_`,
      `t7`.`_pieces_`,
      `t7`.`_back_`,
      `t7`.`_order_`,
      `t7`.`_moved_`,
      `t7`.`_height_`,
      `t7`.`_floor_`,
      `t7`.`_level_`,
      GREATEST(
        IF(
          `t7`.`_back_` = 1,
          COALESCE(
            LAG(`t7`.`_floor_`) OVER (PARTITION BY `t7`.`_owner_`, `t7`.`item_id` ORDER BY `t7`.`_order_` ASC),
            0
          ) - `t7`.`_floor_`,
          LEAST(
            `t7`.`_level_`,
            COALESCE(
              MIN(`t7`.`_level_`) OVER (
                PARTITION BY `t7`.`_owner_`, `t7`.`item_id`
                ORDER BY `t7`.`_order_` ASC
                ROWS BETWEEN 1 following AND UNBOUNDED FOLLOWING
              ),
              `t7`.`_level_`
            )
          ) - (
            `t7`.`_level_` - `t7`.`_pieces_`
          )
        ),
        0
      ) AS `_left_`
    FROM (
      SELECT
        `t6`.`time`,
        `t6`.`session_id`,
        `t6`.`kind`,
        `t6`.`item_id`,
        `t6`.`user_id`,
        `t6`.`quantity`,
        `t6`.`price`,
        `t6`.`order_id`,
        `t6`.`slate_id`,
        `t6`.`position`,
        `t6`.`query`,
        `t6`.`currency`,
        `t6`.`device`,
        `t6`.`country`,
        `t6`.`_row_`,
        `t6`.`_owner_`,
        `t6`.`_pieces_`,
        `t6`.`_back_`,
        `t6`.`_order_`,
        `t6`.`_moved_`,
        `t6`.`_height_`,
        `t6`.`_floor_`,
        `t6`.`_height_` - `t6`.`_floor_` AS `_level_`
      FROM (
        SELECT
          `t5`.`time`,
          `t5`.`session_id`,
          `t5`.`kind`,
          `t5`.`item_id`,
          `t5`.`user_id`,
          `t5`.`quantity`,
          `t5`.`price`,
          `t5`.`order_id`,
          `t5`.`slate_id`,
          `t5`.`position`,
          `t5`.`query`,
          `t5`.`currency`,
          `t5`.`device`,
          `t5`.`country`,
          `t5`.`_row_`,
          `t5`.`_owner_`,
          `t5`.`_pieces_`,
          `t5`.`_back_`,
          `t5`.`_order_`,
          `t5`.`_moved_`,
          `t5`.`_height_`,
          LEAST(
            MIN(`t5`.`_height_`) OVER (
              PARTITION BY `t5`.`_owner_`, `t5`.`item_id`
              ORDER BY `t5`.`_order_` ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ),
            0
          ) AS `_floor_`
        FROM (
          SELECT
            `t4`.`time`,
            `t4`.`session_id`,
            `t4`.`kind`,
            `t4`.`item_id`,
            `t4`.`user_id`,
            `t4`.`quantity`,
            `t4`.`price`,
            `t4`.`order_id`,
            `t4`.`slate_id`,
            `t4`.`position`,
            `t4`.`query`,
            `t4`.`currency`,
            `t4`.`device`,
            `t4`.`country`,
            `t4`.`_row_`,
            `t4`.`_owner_`,
            `t4`.`_pieces_`,
            `t4`.`_back_`,
            `t4`.`_order_`,
            `t4`.`_moved_`,
            SUM(`t4`.`_moved_`) OVER (
              PARTITION BY `t4`.`_owner_`, `t4`.`item_id`
              ORDER BY `t4`.`_order_` ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS `_height_`
          FROM (
            SELECT
              `t3`.`time`,
              `t3`.`session_id`,
              `t3`.`kind`,
              `t3`.`item_id`,
              `t3`.`user_id`,
              `t3`.`quantity`,
              `t3`.`price`,
              `t3`.`order_id`,
              `t3`.`slate_id`,
              `t3`.`position`,
              `t3`.`query`,
              `t3`.`currency`,
              `t3`.`device`,
              `t3`.`country`,
              `t3`.`_row_`,
              `t3`.`_owner_`,
              `t3`.`_pieces_`,
              `t3`.`_back_`,
              `t3`.`_order_`,
              IF(`t3`.`_back_` = 1, -(
                `t3`.`_pieces_`
              ), `t3`.`_pieces_`) AS `_moved_`
            FROM (
              SELECT
                `t1`.`time`,
                `t1`.`session_id`,
                `t1`.`kind`,
                `t1`.`item_id`,
                `t1`.`user_id`,
                `t1`.`quantity`,
                `t1`.`price`,
                `t1`.`order_id`,
                `t1`.`slate_id`,
                `t1`.`position`,
                `t1`.`query`,
                `t1`.`currency`,
                `t1`.`device`,
                `t1`.`country`,
                `t1`.`_row_`,
                COALESCE(
                  CONCAT('u:', `t1`.`user_id`),
                  CONCAT('o:', `t1`.`order_id`),
                  CONCAT('s:', `t1`.`session_id`)
                ) AS `_owner_`,
                CAST(FLOOR((
                  `t1`.`quantity` * 1000.0
                ) + 0.5) AS INT64) AS `_pieces_`,
                CAST(`t1`.`kind` = 'return' AS INT64) AS `_back_`,
                ROW_NUMBER() OVER (
                  ORDER BY `t1`.`time` ASC, CAST(`t1`.`kind` = 'return' AS INT64) ASC, `t1`.`_row_` ASC
                ) - 1 AS `_order_`
              FROM (
                SELECT
                  *
                FROM `events` AS `t0`
                WHERE
                  `t0`.`kind` IN ('purchase', 'return') AND `t0`.`quantity` > 0
              ) AS `t1`
            ) AS `t3`
          ) AS `t4`
        ) AS `t5`
      ) AS `t6`
    ) AS `t7`
  ) AS `t8`
  WHERE
    `t8`.`_left_` > 0
) AS `t9`;

-- sessionized
SELECT
  `t4`.*
  EXCEPT (`_fresh_`, `_number_`, `_visitor_`)
FROM (
  SELECT
    `t3`.`time`,
    CONCAT(CONCAT(`t3`.`_visitor_`, '#'), CAST(`t3`.`_number_` AS STRING)) AS `session_id`,
    `t3`.`kind`,
    `t3`.`item_id`,
    `t3`.`user_id`,
    `t3`.`quantity`,
    `t3`.`price`,
    `t3`.`order_id`,
    `t3`.`slate_id`,
    `t3`.`position`,
    `t3`.`query`,
    `t3`.`currency`,
    `t3`.`device`,
    `t3`.`country`,
    `t3`.`_row_`,
    `t3`.`_visitor_`,
    `t3`.`_fresh_`,
    `t3`.`_number_`
  FROM (
    SELECT
      `t2`.`time`,
      `t2`.`session_id`,
      `t2`.`kind`,
      `t2`.`item_id`,
      `t2`.`user_id`,
      `t2`.`quantity`,
      `t2`.`price`,
      `t2`.`order_id`,
      `t2`.`slate_id`,
      `t2`.`position`,
      `t2`.`query`,
      `t2`.`currency`,
      `t2`.`device`,
      `t2`.`country`,
      `t2`.`_row_`,
      `t2`.`_visitor_`,
      `t2`.`_fresh_`,
      SUM(`t2`.`_fresh_`) OVER (
        PARTITION BY `t2`.`_visitor_`
        ORDER BY `t2`.`time` ASC, `t2`.`_row_` ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS `_number_`
    FROM (
      SELECT
        `t1`.`time`,
        `t1`.`session_id`,
        `t1`.`kind`,
        `t1`.`item_id`,
        `t1`.`user_id`,
        `t1`.`quantity`,
        `t1`.`price`,
        `t1`.`order_id`,
        `t1`.`slate_id`,
        `t1`.`position`,
        `t1`.`query`,
        `t1`.`currency`,
        `t1`.`device`,
        `t1`.`country`,
        `t1`.`_row_`,
        `t1`.`_visitor_`,
        CAST((
          COALESCE(
            `t1`.`time` - LAG(`t1`.`time`) OVER (PARTITION BY `t1`.`_visitor_` ORDER BY `t1`.`time` ASC, `t1`.`_row_` ASC),
            0.0
          ) > 1800.0
        )
        OR COALESCE(
          CAST(FLOOR(ieee_divide(`t1`.`time` + 3600.0, 86400.0)) AS INT64) <> LAG(CAST(FLOOR(ieee_divide(`t1`.`time` + 3600.0, 86400.0)) AS INT64)) OVER (PARTITION BY `t1`.`_visitor_` ORDER BY `t1`.`time` ASC, `t1`.`_row_` ASC),
          FALSE
        ) AS INT64) AS `_fresh_`
      FROM (
        SELECT
          `t0`.`time`,
          `t0`.`session_id`,
          `t0`.`kind`,
          `t0`.`item_id`,
          `t0`.`user_id`,
          `t0`.`quantity`,
          `t0`.`price`,
          `t0`.`order_id`,
          `t0`.`slate_id`,
          `t0`.`position`,
          `t0`.`query`,
          `t0`.`currency`,
          `t0`.`device`,
          `t0`.`country`,
          `t0`.`_row_`,
          COALESCE(CONCAT('u:', `t0`.`user_id`), CONCAT('s:', `t0`.`session_id`)) AS `_visitor_`
        FROM `events` AS `t0`
      ) AS `t1`
    ) AS `t2`
  ) AS `t3`
) AS `t4`;

-- time_weighted
SELECT
  `t2`.*
  EXCEPT (`_age_`)
FROM (
  SELECT
    `t1`.`time`,
    `t1`.`session_id`,
    `t1`.`kind`,
    `t1`.`item_id`,
    `t1`.`user_id`,
    `t1`.`quantity`,
    `t1`.`price`,
    `t1`.`order_id`,
    `t1`.`slate_id`,
    `t1`.`position`,
    `t1`.`query`,
    `t1`.`currency`,
    `t1`.`device`,
    `t1`.`country`,
    `t1`.`_row_`,
    `t1`.`_age_`,
    CAST(CAST(FLOOR(
      ieee_divide(
        1.0 * (
          POWER(0.5, GREATEST(LEAST(`t1`.`_age_`, 64.0), 0.0))
        ),
        5.960464477539063e-08
      ) + 0.5
    ) AS INT64) AS FLOAT64) * 5.960464477539063e-08 AS `weight`
  FROM (
    SELECT
      `t0`.`time`,
      `t0`.`session_id`,
      `t0`.`kind`,
      `t0`.`item_id`,
      `t0`.`user_id`,
      `t0`.`quantity`,
      `t0`.`price`,
      `t0`.`order_id`,
      `t0`.`slate_id`,
      `t0`.`position`,
      `t0`.`query`,
      `t0`.`currency`,
      `t0`.`device`,
      `t0`.`country`,
      `t0`.`_row_`,
      ieee_divide(
        MAX(`t0`.`time`) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) - `t0`.`time`,
        2592000.0
      ) AS `_age_`
    FROM `events` AS `t0`
  ) AS `t1`
) AS `t2`;

-- within_dates
SELECT
  *
FROM `events` AS `t0`
WHERE
  `t0`.`time` >= 631152000.0 AND `t0`.`time` < 2145916800.0;

-- without_bots
WITH `t3` AS (
  SELECT
    `t2`.`time`,
    `t2`.`session_id`,
    `t2`.`kind`,
    `t2`.`item_id`,
    `t2`.`user_id`,
    `t2`.`quantity`,
    `t2`.`price`,
    `t2`.`order_id`,
    `t2`.`slate_id`,
    `t2`.`position`,
    `t2`.`query`,
    `t2`.`currency`,
    `t2`.`device`,
    `t2`.`country`,
    `t2`.`_row_`,
    `t2`.`time` - LAG(`t2`.`time`) OVER (PARTITION BY `t2`.`session_id` ORDER BY `t2`.`time` ASC, `t2`.`_row_` ASC) AS `_pause_`,
    `t2`.`time` - LAG(`t2`.`time`, 60) OVER (PARTITION BY `t2`.`session_id` ORDER BY `t2`.`time` ASC, `t2`.`_row_` ASC) AS `_span_`
  FROM (
    SELECT
      *
    FROM `events` AS `t0`
    WHERE
      `t0`.`kind` IN ('view', 'click', 'cart', 'uncart', 'search')
      AND `t0`.`session_id` IS NOT NULL
  ) AS `t2`
)
SELECT
  `t1`.`time`,
  `t1`.`session_id`,
  `t1`.`kind`,
  `t1`.`item_id`,
  `t1`.`user_id`,
  `t1`.`quantity`,
  `t1`.`price`,
  `t1`.`order_id`,
  `t1`.`slate_id`,
  `t1`.`position`,
  `t1`.`query`,
  `t1`.`currency`,
  `t1`.`device`,
  `t1`.`country`,
  `t1`.`_row_`
FROM `events` AS `t1`
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT DISTINCT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t5`.`session_id`
          FROM (
            SELECT
              `t4`.`session_id`,
              COUNT(*) AS `all`,
              MIN(`t4`.`_span_`) AS `fastest`
            FROM `t3` AS `t4`
            GROUP BY
              1
          ) AS `t5`
          WHERE
            (
              `t5`.`all` > 1000
            ) OR COALESCE(`t5`.`fastest` < 60.0, FALSE)
        ) AS `t7`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t9`.`session_id`
          FROM (
            SELECT
              `t8`.`session_id`,
              COUNT(*) AS `all`,
              SUM(`t8`.`_same_`) AS `same`
            FROM (
              SELECT
                `t6`.`time`,
                `t6`.`session_id`,
                `t6`.`kind`,
                `t6`.`item_id`,
                `t6`.`user_id`,
                `t6`.`quantity`,
                `t6`.`price`,
                `t6`.`order_id`,
                `t6`.`slate_id`,
                `t6`.`position`,
                `t6`.`query`,
                `t6`.`currency`,
                `t6`.`device`,
                `t6`.`country`,
                `t6`.`_row_`,
                `t6`.`_pause_`,
                `t6`.`_span_`,
                CAST(ABS(
                  `t6`.`_pause_` - LAG(`t6`.`_pause_`) OVER (PARTITION BY `t6`.`session_id` ORDER BY `t6`.`time` ASC, `t6`.`_row_` ASC)
                ) <= 0.05 AS INT64) AS `_same_`
              FROM (
                SELECT
                  *
                FROM `t3` AS `t4`
                WHERE
                  `t4`.`_pause_` > 0
              ) AS `t6`
            ) AS `t8`
            GROUP BY
              1
          ) AS `t9`
          WHERE
            `t9`.`all` >= 30 AND (
              `t9`.`same` * 3
            ) >= `t9`.`all`
        ) AS `t10`
      ) AS `t11`
    ) AS `t13`
    WHERE
      `t1`.`session_id` = `t13`.`session_id`
  );

-- without_cancelled_purchases
WITH `t1` AS (
  SELECT
    `t0`.`time`,
    `t0`.`session_id`,
    `t0`.`kind`,
    `t0`.`item_id`,
    `t0`.`user_id`,
    `t0`.`quantity`,
    `t0`.`price`,
    `t0`.`order_id`,
    `t0`.`slate_id`,
    `t0`.`position`,
    `t0`.`query`,
    `t0`.`currency`,
    `t0`.`device`,
    `t0`.`country`,
    `t0`.`_row_`,
    ROW_NUMBER() OVER (ORDER BY `t0`.`time` ASC, `t0`.`_row_` ASC) - 1 AS `_place_`
  FROM `events` AS `t0`
), `t11` AS (
  SELECT
    `t10`.`bought_row`,
    MIN(`t10`.`back_row`) AS `back_row`
  FROM (
    SELECT
      `t9`.`back_row`,
      MAX(`t9`.`bought_row`) AS `bought_row`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t6`.`user_id`,
          `t6`.`item_id`,
          `t6`.`quantity`,
          `t6`.`back_row`,
          `t6`.`back_time`,
          `t7`.`bought_row`,
          `t7`.`bought_time`
        FROM (
          SELECT
            `t2`.`user_id`,
            `t2`.`item_id`,
            `t2`.`quantity`,
            `t2`.`_place_` AS `back_row`,
            `t2`.`time` AS `back_time`
          FROM `t1` AS `t2`
          WHERE
            `t2`.`kind` = 'return' AND `t2`.`user_id` IS NOT NULL
        ) AS `t6`
        INNER JOIN (
          SELECT
            `t2`.`user_id`,
            `t2`.`item_id`,
            `t2`.`quantity`,
            `t2`.`_place_` AS `bought_row`,
            `t2`.`time` AS `bought_time`
          FROM `t1` AS `t2`
          WHERE
            `t2`.`kind` = 'purchase' AND `t2`.`user_id` IS NOT NULL
        ) AS `t7`
          ON `t6`.`user_id` = `t7`.`user_id`
          AND `t6`.`item_id` = `t7`.`item_id`
          AND `t6`.`quantity` = `t7`.`quantity`
      ) AS `t8`
      WHERE
        `t8`.`bought_time` <= `t8`.`back_time`
    ) AS `t9`
    GROUP BY
      1
  ) AS `t10`
  GROUP BY
    1
)
SELECT
  `t17`.*
  EXCEPT (`_place_`)
FROM (
  SELECT
    `t3`.`time`,
    `t3`.`session_id`,
    `t3`.`kind`,
    `t3`.`item_id`,
    `t3`.`user_id`,
    `t3`.`quantity`,
    `t3`.`price`,
    `t3`.`order_id`,
    `t3`.`slate_id`,
    `t3`.`position`,
    `t3`.`query`,
    `t3`.`currency`,
    `t3`.`device`,
    `t3`.`country`,
    `t3`.`_row_`,
    `t3`.`_place_`
  FROM `t1` AS `t3`
  WHERE
    NOT EXISTS(
      SELECT
        1
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t12`.`bought_row` AS `_place_`
          FROM `t11` AS `t12`
        ) AS `t13`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t12`.`back_row` AS `_place_`
          FROM `t11` AS `t12`
        ) AS `t14`
      ) AS `t16`
      WHERE
        `t3`.`_place_` = `t16`.`_place_`
    )
) AS `t17`;

-- without_echoes
SELECT
  `t2`.*
  EXCEPT (`_pause_`)
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t0`.`time`,
      `t0`.`session_id`,
      `t0`.`kind`,
      `t0`.`item_id`,
      `t0`.`user_id`,
      `t0`.`quantity`,
      `t0`.`price`,
      `t0`.`order_id`,
      `t0`.`slate_id`,
      `t0`.`position`,
      `t0`.`query`,
      `t0`.`currency`,
      `t0`.`device`,
      `t0`.`country`,
      `t0`.`_row_`,
      IF(
        `t0`.`quantity` IS NOT DISTINCT FROM LAG(`t0`.`quantity`) OVER (
          PARTITION BY `t0`.`session_id`, `t0`.`kind`, `t0`.`item_id`, `t0`.`user_id`, `t0`.`order_id`, `t0`.`slate_id`, `t0`.`query`, `t0`.`currency`, `t0`.`device`, `t0`.`country`
          ORDER BY `t0`.`quantity` ASC, `t0`.`price` ASC, `t0`.`position` ASC, `t0`.`time` ASC, `t0`.`_row_` ASC
        )
        AND `t0`.`price` IS NOT DISTINCT FROM LAG(`t0`.`price`) OVER (
          PARTITION BY `t0`.`session_id`, `t0`.`kind`, `t0`.`item_id`, `t0`.`user_id`, `t0`.`order_id`, `t0`.`slate_id`, `t0`.`query`, `t0`.`currency`, `t0`.`device`, `t0`.`country`
          ORDER BY `t0`.`quantity` ASC, `t0`.`price` ASC, `t0`.`position` ASC, `t0`.`time` ASC, `t0`.`_row_` ASC
        )
        AND `t0`.`position` IS NOT DISTINCT FROM LAG(`t0`.`position`) OVER (
          PARTITION BY `t0`.`session_id`, `t0`.`kind`, `t0`.`item_id`, `t0`.`user_id`, `t0`.`order_id`, `t0`.`slate_id`, `t0`.`query`, `t0`.`currency`, `t0`.`device`, `t0`.`country`
          ORDER BY `t0`.`quantity` ASC, `t0`.`price` ASC, `t0`.`position` ASC, `t0`.`time` ASC, `t0`.`_row_` ASC
        ),
        `t0`.`time` - LAG(`t0`.`time`) OVER (
          PARTITION BY `t0`.`session_id`, `t0`.`kind`, `t0`.`item_id`, `t0`.`user_id`, `t0`.`order_id`, `t0`.`slate_id`, `t0`.`query`, `t0`.`currency`, `t0`.`device`, `t0`.`country`
          ORDER BY `t0`.`quantity` ASC, `t0`.`price` ASC, `t0`.`position` ASC, `t0`.`time` ASC, `t0`.`_row_` ASC
        ),
        CAST(NULL AS FLOAT64)
      ) AS `_pause_`
    FROM `events` AS `t0`
  ) AS `t1`
  WHERE
    (
      `t1`.`_pause_` IS NULL
    ) OR (
      `t1`.`_pause_` > 2.0
    )
) AS `t2`;

-- without_items
SELECT
  *
FROM `events`;

-- without_outliers
WITH `t18` AS (
  SELECT
    `t17`.`time`,
    `t17`.`session_id`,
    `t17`.`kind`,
    `t17`.`item_id`,
    `t17`.`user_id`,
    `t17`.`quantity`,
    `t17`.`price`,
    `t17`.`order_id`,
    `t17`.`slate_id`,
    `t17`.`position`,
    `t17`.`query`,
    `t17`.`currency`,
    `t17`.`device`,
    `t17`.`country`,
    `t17`.`_row_`,
    `t17`.`_value_`,
    `t17`.`_middle_`,
    `t17`.`_far_`,
    `t17`.`_item_`,
    `t17`.`_spread_`,
    COUNT(`t17`.`_value_`) OVER (
      PARTITION BY `t17`.`item_id`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `_sold_`
  FROM (
    SELECT
      `t11`.`time`,
      `t11`.`session_id`,
      `t11`.`kind`,
      `t11`.`item_id`,
      `t11`.`user_id`,
      `t11`.`quantity`,
      `t11`.`price`,
      `t11`.`order_id`,
      `t11`.`slate_id`,
      `t11`.`position`,
      `t11`.`query`,
      `t11`.`currency`,
      `t11`.`device`,
      `t11`.`country`,
      `t11`.`_row_`,
      `t11`.`_value_`,
      `t11`.`_middle_`,
      `t11`.`_far_`,
      `t16`.`_item_`,
      `t16`.`_spread_`
    FROM (
      SELECT
        `t9`.*
        EXCEPT (`_item_`)
      FROM (
        SELECT
          `t8`.`time`,
          `t8`.`session_id`,
          `t8`.`kind`,
          `t8`.`item_id`,
          `t8`.`user_id`,
          `t8`.`quantity`,
          `t8`.`price`,
          `t8`.`order_id`,
          `t8`.`slate_id`,
          `t8`.`position`,
          `t8`.`query`,
          `t8`.`currency`,
          `t8`.`device`,
          `t8`.`country`,
          `t8`.`_row_`,
          `t8`.`_value_`,
          `t8`.`_item_`,
          `t8`.`_middle_`,
          ABS(`t8`.`_value_` - `t8`.`_middle_`) AS `_far_`
        FROM (
          SELECT
            `t2`.`time`,
            `t2`.`session_id`,
            `t2`.`kind`,
            `t2`.`item_id`,
            `t2`.`user_id`,
            `t2`.`quantity`,
            `t2`.`price`,
            `t2`.`order_id`,
            `t2`.`slate_id`,
            `t2`.`position`,
            `t2`.`query`,
            `t2`.`currency`,
            `t2`.`device`,
            `t2`.`country`,
            `t2`.`_row_`,
            `t2`.`_value_`,
            `t7`.`_item_`,
            `t7`.`_middle_`
          FROM (
            SELECT
              `t0`.`time`,
              `t0`.`session_id`,
              `t0`.`kind`,
              `t0`.`item_id`,
              `t0`.`user_id`,
              `t0`.`quantity`,
              `t0`.`price`,
              `t0`.`order_id`,
              `t0`.`slate_id`,
              `t0`.`position`,
              `t0`.`query`,
              `t0`.`currency`,
              `t0`.`device`,
              `t0`.`country`,
              `t0`.`_row_`,
              IF(
                `t0`.`kind` IN ('purchase'),
                IF(
                  ABS(`t0`.`quantity`) < CAST('Infinity' AS FLOAT64),
                  `t0`.`quantity`,
                  CAST(NULL AS FLOAT64)
                ),
                CAST(NULL AS FLOAT64)
              ) AS `_value_`
            FROM `events` AS `t0`
          ) AS `t2`
          LEFT OUTER JOIN (
            SELECT
              `t5`.`item_id` AS `_item_`,
              `t5`.`median` AS `_middle_`
            FROM (
              SELECT
                `t4`.`item_id`,
                `t4`.`median`,
                ROW_NUMBER() OVER (PARTITION BY `t4`.`item_id` ORDER BY `t4`.`median` ASC) - 1 AS `_place_`,
                COUNT(*) OVER (
                  PARTITION BY `t4`.`item_id`
                  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                ) AS `_all_`
              FROM (
                SELECT
                  *
                FROM (
                  SELECT
                    `t0`.`item_id`,
                    IF(
                      ABS(
                        IF(
                          `t0`.`kind` IN ('purchase'),
                          IF(
                            ABS(`t0`.`quantity`) < CAST('Infinity' AS FLOAT64),
                            `t0`.`quantity`,
                            CAST(NULL AS FLOAT64)
                          ),
                          CAST(NULL AS FLOAT64)
                        )
                      ) < CAST('Infinity' AS FLOAT64),
                      IF(
                        `t0`.`kind` IN ('purchase'),
                        IF(
                          ABS(`t0`.`quantity`) < CAST('Infinity' AS FLOAT64),
                          `t0`.`quantity`,
                          CAST(NULL AS FLOAT64)
                        ),
                        CAST(NULL AS FLOAT64)
                      ),
                      CAST(NULL AS FLOAT64)
                    ) AS `median`
                  FROM `events` AS `t0`
                ) AS `t3`
                WHERE
                  `t3`.`median` IS NOT NULL
              ) AS `t4`
            ) AS `t5`
            WHERE
              `t5`.`_place_` = CAST(FLOOR(ieee_divide(`t5`.`_all_` - 1, 2)) AS INT64)
          ) AS `t7`
            ON `t2`.`item_id` = `t7`.`_item_`
        ) AS `t8`
      ) AS `t9`
    ) AS `t11`
    LEFT OUTER JOIN (
      SELECT
        `t14`.`item_id` AS `_item_`,
        `t14`.`median` AS `_spread_`
      FROM (
        SELECT
          `t13`.`item_id`,
          `t13`.`median`,
          ROW_NUMBER() OVER (PARTITION BY `t13`.`item_id` ORDER BY `t13`.`median` ASC) - 1 AS `_place_`,
          COUNT(*) OVER (
            PARTITION BY `t13`.`item_id`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS `_all_`
        FROM (
          SELECT
            *
          FROM (
            SELECT
              `t10`.`item_id`,
              IF(
                ABS(`t10`.`_far_`) < CAST('Infinity' AS FLOAT64),
                `t10`.`_far_`,
                CAST(NULL AS FLOAT64)
              ) AS `median`
            FROM (
              SELECT
                `t9`.*
                EXCEPT (`_item_`)
              FROM (
                SELECT
                  `t8`.`time`,
                  `t8`.`session_id`,
                  `t8`.`kind`,
                  `t8`.`item_id`,
                  `t8`.`user_id`,
                  `t8`.`quantity`,
                  `t8`.`price`,
                  `t8`.`order_id`,
                  `t8`.`slate_id`,
                  `t8`.`position`,
                  `t8`.`query`,
                  `t8`.`currency`,
                  `t8`.`device`,
                  `t8`.`country`,
                  `t8`.`_row_`,
                  `t8`.`_value_`,
                  `t8`.`_item_`,
                  `t8`.`_middle_`,
                  ABS(`t8`.`_value_` - `t8`.`_middle_`) AS `_far_`
                FROM (
                  SELECT
                    `t2`.`time`,
                    `t2`.`session_id`,
                    `t2`.`kind`,
                    `t2`.`item_id`,
                    `t2`.`user_id`,
                    `t2`.`quantity`,
                    `t2`.`price`,
                    `t2`.`order_id`,
                    `t2`.`slate_id`,
                    `t2`.`position`,
                    `t2`.`query`,
                    `t2`.`currency`,
                    `t2`.`device`,
                    `t2`.`country`,
                    `t2`.`_row_`,
                    `t2`.`_value_`,
                    `t7`.`_item_`,
                    `t7`.`_middle_`
                  FROM (
                    SELECT
                      `t0`.`time`,
                      `t0`.`session_id`,
                      `t0`.`kind`,
                      `t0`.`item_id`,
                      `t0`.`user_id`,
                      `t0`.`quantity`,
                      `t0`.`price`,
                      `t0`.`order_id`,
                      `t0`.`slate_id`,
                      `t0`.`position`,
                      `t0`.`query`,
                      `t0`.`currency`,
                      `t0`.`device`,
                      `t0`.`country`,
                      `t0`.`_row_`,
                      IF(
                        `t0`.`kind` IN ('purchase'),
                        IF(
                          ABS(`t0`.`quantity`) < CAST('Infinity' AS FLOAT64),
                          `t0`.`quantity`,
                          CAST(NULL AS FLOAT64)
                        ),
                        CAST(NULL AS FLOAT64)
                      ) AS `_value_`
                    FROM `events` AS `t0`
                  ) AS `t2`
                  LEFT OUTER JOIN (
                    SELECT
                      `t5`.`item_id` AS `_item_`,
                      `t5`.`median` AS `_middle_`
                    FROM (
                      SELECT
                        `t4`.`item_id`,
                        `t4`.`median`,
                        ROW_NUMBER() OVER (PARTITION BY `t4`.`item_id` ORDER BY `t4`.`median` ASC) - 1 AS `_place_`,
                        COUNT(*) OVER (
                          PARTITION BY `t4`.`item_id`
                          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                        ) AS `_all_`
                      FROM (
                        SELECT
                          *
                        FROM (
                          SELECT
                            `t0`.`item_id`,
                            IF(
                              ABS(
                                IF(
                                  `t0`.`kind` IN ('purchase'),
                                  IF(
                                    ABS(`t0`.`quantity`) < CAST('Infinity' AS FLOAT64),
                                    `t0`.`quantity`,
                                    CAST(NULL AS FLOAT64)
                                  ),
                                  CAST(NULL AS FLOAT64)
                                )
                              ) < CAST('Infinity' AS FLOAT64),
                              IF(
                                `t0`.`kind` IN ('purchase'),
                                IF(
                                  ABS(`t0`.`quantity`) < CAST('Infinity' AS FLOAT64),
                                  `t0`.`quantity`,
                                  CAST(NULL AS FLOAT64)
                                ),
                                CAST(NULL AS FLOAT64)
                              ),
                              CAST(NULL AS FLOAT64)
                            ) AS `median`
                          FROM `events` AS `t0`
                        ) AS `t3`
                        WHERE
                          `t3`.`median` IS NOT NULL
                      ) AS `t4`
                    ) AS `t5`
                    WHERE
                      `t5`.`_place_` = CAST(FLOOR(ieee_divide(`t5`.`_all_` - 1, 2)) AS INT64)
                  ) AS `t7`
                    ON `t2`.`item_id` = `t7`.`_item_`
                ) AS `t8`
              ) AS `t9`
            ) AS `t10`
          ) AS `t12`
          WHERE
            `t12`.`median` IS NOT NULL
        ) AS `t13`
      ) AS `t14`
      WHERE
        `t14`.`_place_` = CAST(FLOOR(ieee_divide(`t14`.`_all_` - 1, 2)) AS INT64)
    ) AS `t16`
      ON `t11`.`item_id` = `t16`.`_item_`
  ) AS `t17`
)
SELECT
  `t37`.`time`,
  `t37`.`session_id`,
  `t37`.`kind`,
  `t37`.`item_id`,
  `t37`.`user_id`,
  `t37`.`quantity`,
  `t37`.`price`,
  `t37`.`order_id`,
  `t37`.`slate_id`,
  `t37`.`position`,
  `t37`.`query`,
  `t37`.`currency`,
  `t37`.`device`,
  `t37`.`country`,
  `t37`.`_row_`
FROM (
  SELECT
    `t36`.`time`,
    `t36`.`session_id`,
    `t36`.`kind`,
    `t36`.`item_id`,
    `t36`.`user_id`,
    `t36`.`quantity`,
    `t36`.`price`,
    `t36`.`order_id`,
    `t36`.`slate_id`,
    `t36`.`position`,
    `t36`.`query`,
    `t36`.`currency`,
    `t36`.`device`,
    `t36`.`country`,
    `t36`.`_row_`,
    `t36`.`_value_`,
    `t36`.`_middle_`,
    `t36`.`_far_`,
    `t36`.`_item_`,
    `t36`.`_spread_`,
    COUNT(`t36`.`_value_`) OVER (
      PARTITION BY `t36`.`item_id`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `_sold_`
  FROM (
    SELECT
      `t30`.`time`,
      `t30`.`session_id`,
      `t30`.`kind`,
      `t30`.`item_id`,
      `t30`.`user_id`,
      `t30`.`quantity`,
      `t30`.`price`,
      `t30`.`order_id`,
      `t30`.`slate_id`,
      `t30`.`position`,
      `t30`.`query`,
      `t30`.`currency`,
      `t30`.`device`,
      `t30`.`country`,
      `t30`.`_row_`,
      `t30`.`_value_`,
      `t30`.`_middle_`,
      `t30`.`_far_`,
      `t35`.`_item_`,
      `t35`.`_spread_`
    FROM (
      SELECT
        `t28`.*
        EXCEPT (`_item_`)
      FROM (
        SELECT
          `t27`.`time`,
          `t27`.`session_id`,
          `t27`.`kind`,
          `t27`.`item_id`,
          `t27`.`user_id`,
          `t27`.`quantity`,
          `t27`.`price`,
          `t27`.`order_id`,
          `t27`.`slate_id`,
          `t27`.`position`,
          `t27`.`query`,
          `t27`.`currency`,
          `t27`.`device`,
          `t27`.`country`,
          `t27`.`_row_`,
          `t27`.`_value_`,
          `t27`.`_item_`,
          `t27`.`_middle_`,
          ABS(`t27`.`_value_` - `t27`.`_middle_`) AS `_far_`
        FROM (
          SELECT
            `t22`.`time`,
            `t22`.`session_id`,
            `t22`.`kind`,
            `t22`.`item_id`,
            `t22`.`user_id`,
            `t22`.`quantity`,
            `t22`.`price`,
            `t22`.`order_id`,
            `t22`.`slate_id`,
            `t22`.`position`,
            `t22`.`query`,
            `t22`.`currency`,
            `t22`.`device`,
            `t22`.`country`,
            `t22`.`_row_`,
            `t22`.`_value_`,
            `t26`.`_item_`,
            `t26`.`_middle_`
          FROM (
            SELECT
              `t19`.`time`,
              `t19`.`session_id`,
              `t19`.`kind`,
              `t19`.`item_id`,
              `t19`.`user_id`,
              `t19`.`quantity`,
              `t19`.`price`,
              `t19`.`order_id`,
              `t19`.`slate_id`,
              `t19`.`position`,
              `t19`.`query`,
              `t19`.`currency`,
              `t19`.`device`,
              `t19`.`country`,
              `t19`.`_row_`,
              IF(
                `t19`.`kind` IN ('purchase'),
                IF(
                  ABS(`t19`.`price`) < CAST('Infinity' AS FLOAT64),
                  `t19`.`price`,
                  CAST(NULL AS FLOAT64)
                ),
                CAST(NULL AS FLOAT64)
              ) AS `_value_`
            FROM `t18` AS `t19`
            WHERE
              NOT (
                COALESCE(
                  (
                    `t19`.`_value_` > (
                      `t19`.`_middle_` + (
                        GREATEST(`t19`.`_spread_`, `t19`.`_middle_` * 0.5) * 29.651999999999997
                      )
                    )
                  )
                  AND (
                    `t19`.`_sold_` >= 10
                  ),
                  FALSE
                )
              )
          ) AS `t22`
          LEFT OUTER JOIN (
            SELECT
              `t24`.`item_id` AS `_item_`,
              `t24`.`median` AS `_middle_`
            FROM (
              SELECT
                `t23`.`item_id`,
                `t23`.`median`,
                ROW_NUMBER() OVER (PARTITION BY `t23`.`item_id` ORDER BY `t23`.`median` ASC) - 1 AS `_place_`,
                COUNT(*) OVER (
                  PARTITION BY `t23`.`item_id`
                  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                ) AS `_all_`
              FROM (
                SELECT
                  *
                FROM (
                  SELECT
                    `t19`.`item_id`,
                    IF(
                      ABS(
                        IF(
                          `t19`.`kind` IN ('purchase'),
                          IF(
                            ABS(`t19`.`price`) < CAST('Infinity' AS FLOAT64),
                            `t19`.`price`,
                            CAST(NULL AS FLOAT64)
                          ),
                          CAST(NULL AS FLOAT64)
                        )
                      ) < CAST('Infinity' AS FLOAT64),
                      IF(
                        `t19`.`kind` IN ('purchase'),
                        IF(
                          ABS(`t19`.`price`) < CAST('Infinity' AS FLOAT64),
                          `t19`.`price`,
                          CAST(NULL AS FLOAT64)
                        ),
                        CAST(NULL AS FLOAT64)
                      ),
                      CAST(NULL AS FLOAT64)
                    ) AS `median`
                  FROM `t18` AS `t19`
                  WHERE
                    NOT (
                      COALESCE(
                        (
                          `t19`.`_value_` > (
                            `t19`.`_middle_` + (
                              GREATEST(`t19`.`_spread_`, `t19`.`_middle_` * 0.5) * 29.651999999999997
                            )
                          )
                        )
                        AND (
                          `t19`.`_sold_` >= 10
                        ),
                        FALSE
                      )
                    )
                ) AS `t21`
                WHERE
                  `t21`.`median` IS NOT NULL
              ) AS `t23`
            ) AS `t24`
            WHERE
              `t24`.`_place_` = CAST(FLOOR(ieee_divide(`t24`.`_all_` - 1, 2)) AS INT64)
          ) AS `t26`
            ON `t22`.`item_id` = `t26`.`_item_`
        ) AS `t27`
      ) AS `t28`
    ) AS `t30`
    LEFT OUTER JOIN (
      SELECT
        `t33`.`item_id` AS `_item_`,
        `t33`.`median` AS `_spread_`
      FROM (
        SELECT
          `t32`.`item_id`,
          `t32`.`median`,
          ROW_NUMBER() OVER (PARTITION BY `t32`.`item_id` ORDER BY `t32`.`median` ASC) - 1 AS `_place_`,
          COUNT(*) OVER (
            PARTITION BY `t32`.`item_id`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS `_all_`
        FROM (
          SELECT
            *
          FROM (
            SELECT
              `t29`.`item_id`,
              IF(
                ABS(`t29`.`_far_`) < CAST('Infinity' AS FLOAT64),
                `t29`.`_far_`,
                CAST(NULL AS FLOAT64)
              ) AS `median`
            FROM (
              SELECT
                `t28`.*
                EXCEPT (`_item_`)
              FROM (
                SELECT
                  `t27`.`time`,
                  `t27`.`session_id`,
                  `t27`.`kind`,
                  `t27`.`item_id`,
                  `t27`.`user_id`,
                  `t27`.`quantity`,
                  `t27`.`price`,
                  `t27`.`order_id`,
                  `t27`.`slate_id`,
                  `t27`.`position`,
                  `t27`.`query`,
                  `t27`.`currency`,
                  `t27`.`device`,
                  `t27`.`country`,
                  `t27`.`_row_`,
                  `t27`.`_value_`,
                  `t27`.`_item_`,
                  `t27`.`_middle_`,
                  ABS(`t27`.`_value_` - `t27`.`_middle_`) AS `_far_`
                FROM (
                  SELECT
                    `t22`.`time`,
                    `t22`.`session_id`,
                    `t22`.`kind`,
                    `t22`.`item_id`,
                    `t22`.`user_id`,
                    `t22`.`quantity`,
                    `t22`.`price`,
                    `t22`.`order_id`,
                    `t22`.`slate_id`,
                    `t22`.`position`,
                    `t22`.`query`,
                    `t22`.`currency`,
                    `t22`.`device`,
                    `t22`.`country`,
                    `t22`.`_row_`,
                    `t22`.`_value_`,
                    `t26`.`_item_`,
                    `t26`.`_middle_`
                  FROM (
                    SELECT
                      `t19`.`time`,
                      `t19`.`session_id`,
                      `t19`.`kind`,
                      `t19`.`item_id`,
                      `t19`.`user_id`,
                      `t19`.`quantity`,
                      `t19`.`price`,
                      `t19`.`order_id`,
                      `t19`.`slate_id`,
                      `t19`.`position`,
                      `t19`.`query`,
                      `t19`.`currency`,
                      `t19`.`device`,
                      `t19`.`country`,
                      `t19`.`_row_`,
                      IF(
                        `t19`.`kind` IN ('purchase'),
                        IF(
                          ABS(`t19`.`price`) < CAST('Infinity' AS FLOAT64),
                          `t19`.`price`,
                          CAST(NULL AS FLOAT64)
                        ),
                        CAST(NULL AS FLOAT64)
                      ) AS `_value_`
                    FROM `t18` AS `t19`
                    WHERE
                      NOT (
                        COALESCE(
                          (
                            `t19`.`_value_` > (
                              `t19`.`_middle_` + (
                                GREATEST(`t19`.`_spread_`, `t19`.`_middle_` * 0.5) * 29.651999999999997
                              )
                            )
                          )
                          AND (
                            `t19`.`_sold_` >= 10
                          ),
                          FALSE
                        )
                      )
                  ) AS `t22`
                  LEFT OUTER JOIN (
                    SELECT
                      `t24`.`item_id` AS `_item_`,
                      `t24`.`median` AS `_middle_`
                    FROM (
                      SELECT
                        `t23`.`item_id`,
                        `t23`.`median`,
                        ROW_NUMBER() OVER (PARTITION BY `t23`.`item_id` ORDER BY `t23`.`median` ASC) - 1 AS `_place_`,
                        COUNT(*) OVER (
                          PARTITION BY `t23`.`item_id`
                          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                        ) AS `_all_`
                      FROM (
                        SELECT
                          *
                        FROM (
                          SELECT
                            `t19`.`item_id`,
                            IF(
                              ABS(
                                IF(
                                  `t19`.`kind` IN ('purchase'),
                                  IF(
                                    ABS(`t19`.`price`) < CAST('Infinity' AS FLOAT64),
                                    `t19`.`price`,
                                    CAST(NULL AS FLOAT64)
                                  ),
                                  CAST(NULL AS FLOAT64)
                                )
                              ) < CAST('Infinity' AS FLOAT64),
                              IF(
                                `t19`.`kind` IN ('purchase'),
                                IF(
                                  ABS(`t19`.`price`) < CAST('Infinity' AS FLOAT64),
                                  `t19`.`price`,
                                  CAST(NULL AS FLOAT64)
                                ),
                                CAST(NULL AS FLOAT64)
                              ),
                              CAST(NULL AS FLOAT64)
                            ) AS `median`
                          FROM `t18` AS `t19`
                          WHERE
                            NOT (
                              COALESCE(
                                (
                                  `t19`.`_value_` > (
                                    `t19`.`_middle_` + (
                                      GREATEST(`t19`.`_spread_`, `t19`.`_middle_` * 0.5) * 29.651999999999997
                                    )
                                  )
                                )
                                AND (
                                  `t19`.`_sold_` >= 10
                                ),
                                FALSE
                              )
                            )
                        ) AS `t21`
                        WHERE
                          `t21`.`median` IS NOT NULL
                      ) AS `t23`
                    ) AS `t24`
                    WHERE
                      `t24`.`_place_` = CAST(FLOOR(ieee_divide(`t24`.`_all_` - 1, 2)) AS INT64)
                  ) AS `t26`
                    ON `t22`.`item_id` = `t26`.`_item_`
                ) AS `t27`
              ) AS `t28`
            ) AS `t29`
          ) AS `t31`
          WHERE
            `t31`.`median` IS NOT NULL
        ) AS `t32`
      ) AS `t33`
      WHERE
        `t33`.`_place_` = CAST(FLOOR(ieee_divide(`t33`.`_all_` - 1, 2)) AS INT64)
    ) AS `t35`
      ON `t30`.`item_id` = `t35`.`_item_`
  ) AS `t36`
) AS `t37`
WHERE
  NOT (
    COALESCE(
      (
        (
          `t37`.`_value_` > (
            `t37`.`_middle_` + (
              GREATEST(`t37`.`_spread_`, `t37`.`_middle_` * 0.5) * 29.651999999999997
            )
          )
        )
        OR (
          (
            `t37`.`_value_` * (
              `t37`.`_middle_` + (
                GREATEST(`t37`.`_spread_`, `t37`.`_middle_` * 0.5) * 29.651999999999997
              )
            )
          ) < (
            `t37`.`_middle_` * `t37`.`_middle_`
          )
        )
      )
      AND (
        `t37`.`_sold_` >= 10
      ),
      FALSE
    )
  );

-- without_repeats
WITH `t2` AS (
  SELECT
    `t0`.`time`,
    `t0`.`session_id`,
    `t0`.`kind`,
    `t0`.`item_id`,
    `t0`.`user_id`,
    `t0`.`quantity`,
    `t0`.`price`,
    `t0`.`order_id`,
    `t0`.`slate_id`,
    `t0`.`position`,
    `t0`.`query`,
    `t0`.`currency`,
    `t0`.`device`,
    `t0`.`country`,
    `t0`.`_row_`,
    FARM_FINGERPRINT(
      STRUCT(
        SAFE_CAST(`t0`.`time` AS INT64) AS `time`,
        `t0`.`session_id` AS `session_id`,
        `t0`.`kind` AS `kind`,
        `t0`.`item_id` AS `item_id`
      )
    ) AS `_hash_`
  FROM `events` AS `t0`
)
SELECT
  `t1`.`time`,
  `t1`.`session_id`,
  `t1`.`kind`,
  `t1`.`item_id`,
  `t1`.`user_id`,
  `t1`.`quantity`,
  `t1`.`price`,
  `t1`.`order_id`,
  `t1`.`slate_id`,
  `t1`.`position`,
  `t1`.`query`,
  `t1`.`currency`,
  `t1`.`device`,
  `t1`.`country`,
  `t1`.`_row_`
FROM `events` AS `t1`
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        `t9`.`_row_`
      FROM (
        SELECT
          `t8`.`time`,
          `t8`.`session_id`,
          `t8`.`kind`,
          `t8`.`item_id`,
          `t8`.`user_id`,
          `t8`.`quantity`,
          `t8`.`price`,
          `t8`.`order_id`,
          `t8`.`slate_id`,
          `t8`.`position`,
          `t8`.`query`,
          `t8`.`currency`,
          `t8`.`device`,
          `t8`.`country`,
          `t8`.`_row_`,
          `t8`.`_hash_`,
          `t8`.`time` IS NOT DISTINCT FROM LAG(`t8`.`time`) OVER (
            PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
            ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
          )
          AND `t8`.`quantity` IS NOT DISTINCT FROM LAG(`t8`.`quantity`) OVER (
            PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
            ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
          )
          AND `t8`.`price` IS NOT DISTINCT FROM LAG(`t8`.`price`) OVER (
            PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
            ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
          )
          AND `t8`.`position` IS NOT DISTINCT FROM LAG(`t8`.`position`) OVER (
            PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
            ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
          )
          AND (
            LAG(`t8`.`_row_`) OVER (
              PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
              ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
            ) IS NOT NULL
          ) AS `_again_`
        FROM (
          SELECT
            `t4`.`time`,
            `t4`.`session_id`,
            `t4`.`kind`,
            `t4`.`item_id`,
            `t4`.`user_id`,
            `t4`.`quantity`,
            `t4`.`price`,
            `t4`.`order_id`,
            `t4`.`slate_id`,
            `t4`.`position`,
            `t4`.`query`,
            `t4`.`currency`,
            `t4`.`device`,
            `t4`.`country`,
            `t4`.`_row_`,
            `t4`.`_hash_`
          FROM `t2` AS `t4`
          WHERE
            EXISTS(
              SELECT
                1
              FROM (
                SELECT
                  *
                FROM (
                  SELECT
                    `t3`.`_hash_`,
                    COUNT(*) AS `_rows_`
                  FROM `t2` AS `t3`
                  GROUP BY
                    1
                ) AS `t5`
                WHERE
                  `t5`.`_rows_` > 1
              ) AS `t7`
              WHERE
                `t4`.`_hash_` = `t7`.`_hash_`
            )
        ) AS `t8`
      ) AS `t9`
      WHERE
        `t9`.`_again_`
    ) AS `t11`
    WHERE
      `t1`.`_row_` = `t11`.`_row_`
  );

-- without_repeats, sessionized, basketed
WITH `t2` AS (
  SELECT
    `t0`.`time`,
    `t0`.`session_id`,
    `t0`.`kind`,
    `t0`.`item_id`,
    `t0`.`user_id`,
    `t0`.`quantity`,
    `t0`.`price`,
    `t0`.`order_id`,
    `t0`.`slate_id`,
    `t0`.`position`,
    `t0`.`query`,
    `t0`.`currency`,
    `t0`.`device`,
    `t0`.`country`,
    `t0`.`_row_`,
    FARM_FINGERPRINT(
      STRUCT(
        SAFE_CAST(`t0`.`time` AS INT64) AS `time`,
        `t0`.`session_id` AS `session_id`,
        `t0`.`kind` AS `kind`,
        `t0`.`item_id` AS `item_id`
      )
    ) AS `_hash_`
  FROM `events` AS `t0`
)
SELECT
  `t17`.`time`,
  `t17`.`session_id`,
  `t17`.`kind`,
  `t17`.`item_id`,
  `t17`.`user_id`,
  `t17`.`quantity`,
  `t17`.`price`,
  IF(
    (
      `t17`.`kind` = 'purchase'
    ) AND (
      `t17`.`order_id` IS NULL
    ),
    CONCAT('session:', `t17`.`session_id`),
    `t17`.`order_id`
  ) AS `order_id`,
  `t17`.`slate_id`,
  `t17`.`position`,
  `t17`.`query`,
  `t17`.`currency`,
  `t17`.`device`,
  `t17`.`country`,
  `t17`.`_row_`
FROM (
  SELECT
    `t16`.*
    EXCEPT (`_fresh_`, `_number_`, `_visitor_`)
  FROM (
    SELECT
      `t15`.`time`,
      CONCAT(CONCAT(`t15`.`_visitor_`, '#'), CAST(`t15`.`_number_` AS STRING)) AS `session_id`,
      `t15`.`kind`,
      `t15`.`item_id`,
      `t15`.`user_id`,
      `t15`.`quantity`,
      `t15`.`price`,
      `t15`.`order_id`,
      `t15`.`slate_id`,
      `t15`.`position`,
      `t15`.`query`,
      `t15`.`currency`,
      `t15`.`device`,
      `t15`.`country`,
      `t15`.`_row_`,
      `t15`.`_visitor_`,
      `t15`.`_fresh_`,
      `t15`.`_number_`
    FROM (
      SELECT
        `t14`.`time`,
        `t14`.`session_id`,
        `t14`.`kind`,
        `t14`.`item_id`,
        `t14`.`user_id`,
        `t14`.`quantity`,
        `t14`.`price`,
        `t14`.`order_id`,
        `t14`.`slate_id`,
        `t14`.`position`,
        `t14`.`query`,
        `t14`.`currency`,
        `t14`.`device`,
        `t14`.`country`,
        `t14`.`_row_`,
        `t14`.`_visitor_`,
        `t14`.`_fresh_`,
        SUM(`t14`.`_fresh_`) OVER (
          PARTITION BY `t14`.`_visitor_`
          ORDER BY `t14`.`time` ASC, `t14`.`_row_` ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS `_number_`
      FROM (
        SELECT
          `t13`.`time`,
          `t13`.`session_id`,
          `t13`.`kind`,
          `t13`.`item_id`,
          `t13`.`user_id`,
          `t13`.`quantity`,
          `t13`.`price`,
          `t13`.`order_id`,
          `t13`.`slate_id`,
          `t13`.`position`,
          `t13`.`query`,
          `t13`.`currency`,
          `t13`.`device`,
          `t13`.`country`,
          `t13`.`_row_`,
          `t13`.`_visitor_`,
          CAST(COALESCE(
            `t13`.`time` - LAG(`t13`.`time`) OVER (PARTITION BY `t13`.`_visitor_` ORDER BY `t13`.`time` ASC, `t13`.`_row_` ASC),
            0.0
          ) > 1800.0 AS INT64) AS `_fresh_`
        FROM (
          SELECT
            `t12`.`time`,
            `t12`.`session_id`,
            `t12`.`kind`,
            `t12`.`item_id`,
            `t12`.`user_id`,
            `t12`.`quantity`,
            `t12`.`price`,
            `t12`.`order_id`,
            `t12`.`slate_id`,
            `t12`.`position`,
            `t12`.`query`,
            `t12`.`currency`,
            `t12`.`device`,
            `t12`.`country`,
            `t12`.`_row_`,
            COALESCE(CONCAT('u:', `t12`.`user_id`), CONCAT('s:', `t12`.`session_id`)) AS `_visitor_`
          FROM (
            SELECT
              `t1`.`time`,
              `t1`.`session_id`,
              `t1`.`kind`,
              `t1`.`item_id`,
              `t1`.`user_id`,
              `t1`.`quantity`,
              `t1`.`price`,
              `t1`.`order_id`,
              `t1`.`slate_id`,
              `t1`.`position`,
              `t1`.`query`,
              `t1`.`currency`,
              `t1`.`device`,
              `t1`.`country`,
              `t1`.`_row_`
            FROM `events` AS `t1`
            WHERE
              NOT EXISTS(
                SELECT
                  1
                FROM (
                  SELECT
                    `t9`.`_row_`
                  FROM (
                    SELECT
                      `t8`.`time`,
                      `t8`.`session_id`,
                      `t8`.`kind`,
                      `t8`.`item_id`,
                      `t8`.`user_id`,
                      `t8`.`quantity`,
                      `t8`.`price`,
                      `t8`.`order_id`,
                      `t8`.`slate_id`,
                      `t8`.`position`,
                      `t8`.`query`,
                      `t8`.`currency`,
                      `t8`.`device`,
                      `t8`.`country`,
                      `t8`.`_row_`,
                      `t8`.`_hash_`,
                      `t8`.`time` IS NOT DISTINCT FROM LAG(`t8`.`time`) OVER (
                        PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
                        ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
                      )
                      AND `t8`.`quantity` IS NOT DISTINCT FROM LAG(`t8`.`quantity`) OVER (
                        PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
                        ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
                      )
                      AND `t8`.`price` IS NOT DISTINCT FROM LAG(`t8`.`price`) OVER (
                        PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
                        ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
                      )
                      AND `t8`.`position` IS NOT DISTINCT FROM LAG(`t8`.`position`) OVER (
                        PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
                        ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
                      )
                      AND (
                        LAG(`t8`.`_row_`) OVER (
                          PARTITION BY `t8`.`session_id`, `t8`.`kind`, `t8`.`item_id`, `t8`.`user_id`, `t8`.`order_id`, `t8`.`slate_id`, `t8`.`query`, `t8`.`currency`, `t8`.`device`, `t8`.`country`
                          ORDER BY `t8`.`time` ASC, `t8`.`quantity` ASC, `t8`.`price` ASC, `t8`.`position` ASC, `t8`.`_row_` ASC
                        ) IS NOT NULL
                      ) AS `_again_`
                    FROM (
                      SELECT
                        `t4`.`time`,
                        `t4`.`session_id`,
                        `t4`.`kind`,
                        `t4`.`item_id`,
                        `t4`.`user_id`,
                        `t4`.`quantity`,
                        `t4`.`price`,
                        `t4`.`order_id`,
                        `t4`.`slate_id`,
                        `t4`.`position`,
                        `t4`.`query`,
                        `t4`.`currency`,
                        `t4`.`device`,
                        `t4`.`country`,
                        `t4`.`_row_`,
                        `t4`.`_hash_`
                      FROM `t2` AS `t4`
                      WHERE
                        EXISTS(
                          SELECT
                            1
                          FROM (
                            SELECT
                              *
                            FROM (
                              SELECT
                                `t3`.`_hash_`,
                                COUNT(*) AS `_rows_`
                              FROM `t2` AS `t3`
                              GROUP BY
                                1
                            ) AS `t5`
                            WHERE
                              `t5`.`_rows_` > 1
                          ) AS `t7`
                          WHERE
                            `t4`.`_hash_` = `t7`.`_hash_`
                        )
                    ) AS `t8`
                  ) AS `t9`
                  WHERE
                    `t9`.`_again_`
                ) AS `t11`
                WHERE
                  `t1`.`_row_` = `t11`.`_row_`
              )
          ) AS `t12`
        ) AS `t13`
      ) AS `t14`
    ) AS `t15`
  ) AS `t16`
) AS `t17`;
