import Logging
import Scheduling
import WireProtocol

// Which device made what, and how far the classes of devices are apart: as soon as workers of two
// classes are there, each class samples the same made-up frames before its next unit of a job.

extension CoordinatorLoop {
    /// Notes where an accepted result was made; durable with it.
    func noteOrigin(of unit: UnitKey, _ worker: WorkerID) {
        guard let place = farm.nameAndDevice(of: worker) else { return }
        storage.note(
            UnitOrigin(unit, worker, name: place.name, deviceClass: place.deviceClass)
        )
        guard !place.deviceClass.isEmpty,
            jobs[unit.job]?.deviceClasses.insert(place.deviceClass).inserted == true
        else { return }
        storage.note(deviceClass: place.deviceClass, of: unit.job)
    }

    /// Whether a worker shall calibrate with the unit that it is offered now.
    func isToCalibrate(_ lease: Lease, _ worker: WorkerID) -> Bool {
        guard lease.unit.unit.kind != .content, let own = devices[worker],
            let known = jobs[lease.unit.job]?.deviceClasses,
            devices.hasOther(than: own) || known.contains(where: { $0 != own })
        else { return false }
        return jobs[lease.unit.job]?.calibrations.isToAsk(own) ?? false
    }

    /// A worker sent what its class makes.
    func take(_ message: CalibrationMessage, from worker: WorkerID) {
        let job = message.lease.unit.job
        guard let own = devices[worker], jobs[job]?.endedAt == nil,
            let found = jobs[job]?.calibrations.add(message.values, of: own)
        else { return }
        for deviation in found {
            storage.note(deviation, of: job)
            let text =
                "\(deviation.first) and \(deviation.second) differ by D/(2 sigma^2) "
                + NumberText.scientific(deviation.ratio)
            logger.info("devices compared", metadata: ["job.id": "\(job)", "text": "\(text)"])
            addEvent(text, to: job)
        }
    }
}
