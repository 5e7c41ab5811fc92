"""What the platform is made of; one component a file."""

from components.application import Application as Application
from components.backup_access import BackupAccess as BackupAccess
from components.backup_bucket import BackupBucket as BackupBucket
from components.cache import Cache as Cache
from components.capacity import Capacity as Capacity
from components.cdn import Cdn as Cdn
from components.certificate import Certificate as Certificate
from components.database import Database as Database
from components.dns import Dns as Dns
from components.edge import Edge as Edge
from components.host import Host as Host
from components.load_balancer import LoadBalancer as LoadBalancer
from components.mail import Mail as Mail
from components.network import Network as Network
from components.providers import Providers as Providers
from components.providers import connection as connection
from components.rotation import Rotation as Rotation
from components.secrets import Secrets as Secrets
from components.waf import Waf as Waf
