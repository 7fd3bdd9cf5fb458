"""Scrapy's settings, for `msarchive crawl` and `scrapy crawl summaries` alike.

Whatever differs from Scrapy's defaults says why. What depends on the site or the operator is set by
`crawler.extensions.archive_run` when the crawl begins.
"""

from importlib.util import find_spec

BOT_NAME = "msarchive"
SPIDER_MODULES = ["spiders.summaries"]
COMMANDS_MODULE = "crawler.commands"

# --- Ours -----------------------------------------------------------------------------------------
MSARCHIVE_DIR = None  # None: the environment's MSARCHIVE_DIR, else ./archive
MSARCHIVE_DATABASE = None  # postgresql://…; None: the environment's MSARCHIVE_DATABASE, else archive.db
MSARCHIVE_SITE = "mymsbuddy"
MSARCHIVE_START = None
MSARCHIVE_URLS = None
MSARCHIVE_ORIGIN = None
MSARCHIVE_ALLOW_PRIVATE = None  # HOST[:PORT] …; None: the environment's MSARCHIVE_ALLOW_PRIVATE
MSARCHIVE_SHARED = False  # whether other processes may crawl into the same archive (PostgreSQL only)
MSARCHIVE_LEASE = 60.0  # seconds: what a worker has taken is its own for so long without a sign of life
MSARCHIVE_CONTACT = None  # None: the environment's MSARCHIVE_CONTACT
MSARCHIVE_MAX_PAGES = None
MSARCHIVE_MIN_FREE = None  # "500MB": a run stops when less of the disk is free. None: storage.room
MSARCHIVE_KIND = "crawl"
MSARCHIVE_REFRESH = "due"  # what is asked again: "all", "due" or "new" (storage.revisiting)
MSARCHIVE_RENDER = "never"  # or "auto": empty shells are rendered by the system's Chromium
MSARCHIVE_RENDER_TIMEOUT = 120.0  # seconds a page, the delays between its requests included
MSARCHIVE_RETRIES = 2
MSARCHIVE_RETRY_WAIT = 30.0  # seconds; doubled with every further try
MSARCHIVE_PROGRESS = "log"  # or "screen" (stderr), or "none"
MSARCHIVE_METRICS_FILE = None  # None: the environment's MSARCHIVE_METRICS_FILE, else none is written
MSARCHIVE_LOG_FORMAT = None  # "human" or "json"; None: the environment's MSARCHIVE_LOG_FORMAT, else human

# --- Gentle ---------------------------------------------------------------------------------------
DOWNLOAD_DELAY = 2.0  # a site on loopback is asked without delay, unless one is set
DOWNLOAD_DELAY_JITTER = 0.0  # jitter would go below the delay that was promised
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# One on the wire and one ready to follow. More would only wait in the downloader, also for a clean stop.
CONCURRENT_REQUESTS = 2
ROBOTSTXT_USER_AGENT = "msarchive"
ROBOTSTXT_OBEY = False  # not Scrapy's middleware, which fails open: crawler.robots, always
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024  # as it comes and unpacked; several copies of it are in memory
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = False  # a body that breaks off is kept, marked as such, and asked for again
DOWNLOAD_VERIFY_CERTIFICATES = True
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate",  # old tools can't read captures in br or zstd
}

# --- Safe: nothing listens, nothing but HTTP is spoken, nothing is remembered between requests ----
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
COOKIES_ENABLED = False
DOWNLOAD_HANDLERS = {
    "http": "crawler.wire.RecordingHandler",
    "https": "crawler.wire.RecordingHandler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}

# --- The URL table is the frontier: redirects and retries are rows of it --------------------------
SCHEDULER = "crawler.scheduler.FrontierScheduler"
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
RETRY_ENABLED = False
HTTPPROXY_ENABLED = False
HTTPERROR_ALLOW_ALL = True
DOWNLOADER_MIDDLEWARES = {
    "crawler.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,  # the handler has it too
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # crawler.wire does it
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # the table refuses what is off-site
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
}
SPIDER_MIDDLEWARES = {
    "crawler.rendering.Rendering": 500,
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
ITEM_PIPELINES = {
    "pipelines.normalise.Normalise": 100,
    "pipelines.boilerplate.SeparateBoilerplate": 200,
    "pipelines.persist.Persist": 300,
}
EXTENSIONS = {
    "crawler.extensions.archive_run.ArchiveRun": 0,
    "crawler.extensions.worker.Worker": 3,
    "crawler.extensions.events.Events": 5,
    "crawler.extensions.progress.Progress": 10,
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.feedexport.FeedExporter": None,  # the archive is the output
    "scrapy.extensions.logcount.LogCount": None,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.memdebug.MemoryDebugger": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
    "scrapy.extensions.spiderstate.SpiderState": None,
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.throttle.AutoThrottle": None,
}

# --- Fast -----------------------------------------------------------------------------------------
CONCURRENT_ITEMS = 2  # Scrapy makes that many tasks for every response; a response is one page
ASYNCIO_EVENT_LOOP = "uvloop.Loop" if find_spec("uvloop") else None
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"  # the run's row has the counts that matter
STATS_DUMP = False
WARN_ON_GENERATOR_RETURN_VALUE = False  # it parses the callback's source

# --- Logs -----------------------------------------------------------------------------------------
LOG_LEVEL = "INFO"
LOG_FORMATTER = "crawler.quiet.QuietLog"
LOG_INSTALL_ROOT_HANDLER = False  # Scrapy's writes what the site sent as it is: crawler.logs does it
LOG_VERSIONS: list[str] = []
