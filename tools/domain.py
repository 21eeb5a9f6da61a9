"""Makes a domain of Active Directory in a folder: what tests of writeback start. Its one argument says how, as JSON."""

import json
import logging
import os
import sys

from samba import dsdb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_unpack
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

wanted = json.loads(sys.argv[1])
folder = wanted["folder"]
service = wanted["service"]
os.makedirs(os.path.join(folder, "etc"), mode=0o700)
seed = os.path.join(folder, "seed.conf")
with open(seed, "w") as empty:
    empty.write("")
settings = LoadParm()
settings.load(seed)
settings.set("interfaces", "127.0.0.1/8")
settings.set("bind interfaces only", "yes")

# One transaction a part takes a third less time. Rights on files of the sysvol share need a file system that has them,
# and nobody reads that share.
provision(
    logging.getLogger("provision"),
    system_session(),
    targetdir=folder,
    realm=wanted["realm"],
    domain=wanted["domain"],
    hostname="DC1",
    hostip="127.0.0.1",
    serverrole="active directory domain controller",
    dns_backend="NONE",
    adminpass=wanted["administrator"],
    dom_for_fun_level=dsdb.DS_DOMAIN_FUNCTION_2008_R2,
    lp=settings,
    skip_sysvolacl=True,
    batch_mode=True,
)

directory = SamDB(url=os.path.join(folder, "private/sam.ldb"), session_info=system_session(), lp=settings)
base = str(directory.domain_dn())


def minutes(count):
    return str(-count * 60 * 10_000_000)


directory.transaction_start()
directory.modify_ldif(
    "dn: {}\nchangetype: modify\n".format(base)
    + "".join(
        "replace: {0}\n{0}: {1}\n-\n".format(name, value)
        for name, value in {
            "minPwdLength": "12",
            "pwdProperties": "1",
            "pwdHistoryLength": "3",
            "minPwdAge": "0",
            "maxPwdAge": "-9223372036854775808",  # never: the domain is kept for as long as its folder
            "lockoutThreshold": "3",
            "lockoutDuration": minutes(30),
            "lockOutObservationWindow": minutes(30),
        }.items()
    )
)
for unit in wanted["units"]:
    directory.add({"dn": "OU={},{}".format(unit, base), "objectClass": "organizationalUnit"})
directory.newuser(service["name"], service["password"])
# Two fine-grained policies that judge nobody yet: the service may read the second.
container = "CN=Password Settings Container,CN=System," + base
for name, precedence in (("strict", 10), ("shown", 5)):
    directory.add(
        {
            "dn": "CN={},{}".format(name, container),
            "objectClass": "msDS-PasswordSettings",
            "msDS-PasswordSettingsPrecedence": str(precedence),
            "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
            "msDS-PasswordHistoryLength": "3",
            "msDS-PasswordComplexityEnabled": "TRUE",
            "msDS-MinimumPasswordLength": "20",
            "msDS-MinimumPasswordAge": "0",
            "msDS-MaximumPasswordAge": minutes(7 * 24 * 60),
            "msDS-LockoutThreshold": "5",
            "msDS-LockoutObservationWindow": minutes(15),
            "msDS-LockoutDuration": minutes(15),
        }
    )
directory.transaction_commit()

found = directory.search(base, expression="(sAMAccountName={})".format(service["name"]), attrs=["objectSid"])
sid = str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))
rights = SDUtils(directory)
for right in service["rights"]:
    rights.dacl_add_ace("OU={},{}".format(wanted["units"][0], base), right + sid + ")")
rights.dacl_add_ace("CN=shown," + container, "(A;;LCRPRC;;;" + sid + ")")
